import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        test: { name: 'native', include: ['test/native/**/*.test.ts'], testTimeout: 120_000, pool: 'forks' },
      },
      {
        test: {
          name: 'kernel',
          include: ['test/kernel/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // One kernel, one set of loop devices: files must not make and remove devices side by side.
          fileParallelism: false,
          pool: 'forks',
        },
      },
    ],
  },
});

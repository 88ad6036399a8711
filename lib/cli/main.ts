#!/usr/bin/env node
import { exitStatus, explainError } from './exit.ts';
import { lookOf } from './look.ts';
import { run } from './program.ts';

// A reader that has seen enough, such as head(1), is no failure; a full disk is one, and no reason for a stack trace.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    if (stream === process.stdout) process.stderr.write(`${explainError(error).line}\n`);
    process.exit(exitStatus.unanswered);
  });
process.once('SIGINT', () => process.exit(exitStatus.interrupted));

process.exitCode = await run(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  problems: process.stderr,
  look: lookOf(process.stdout, process.env),
});

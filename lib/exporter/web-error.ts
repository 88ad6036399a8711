/**
 * What is wrong with a web configuration, with the file and, where it is known, the line. Its code is `ERR_WEB_CONFIG`;
 * the text never holds what a secret is set to.
 */
export function webConfigError(file: string, line: number | undefined, text: string): Error {
  const place = line === undefined ? file : `${file}:${line}`;
  return Object.assign(new Error(`${place}: ${text}`), { code: 'ERR_WEB_CONFIG' });
}

/** Whether an error tells of a wrong web configuration. */
export function isWebConfigError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WEB_CONFIG';
}

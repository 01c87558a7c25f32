import { extname } from 'node:path'

/** The module of that name that a thread or a process runs: a `.ts` file beside sources, a `.js` file once built. */
export function moduleBeside(name: 'load-thread' | 'load-process' | 'scenario-thread'): URL {
  return new URL(`${name}${extname(import.meta.url)}`, import.meta.url)
}

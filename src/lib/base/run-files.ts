import { join } from 'node:path'

/** `<folder>/<UTC time>-<kind>`: how the files of a run begin. */
export function runFileName(folder: string, startedAt: string, kind: string): string {
  return join(folder, `${startedAt.replace(/\.\d+Z$/, 'Z').replaceAll(':', '-')}-${kind}`)
}

/** Takes `name.json`, or `name-2.json` and so on when that is taken (EEXIST): what is there is never replaced. */
export async function takeFreeName<T>(name: string, extension: string, take: (path: string) => Promise<T>): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await take(`${name}${number === 1 ? '' : `-${number}`}${extension}`)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

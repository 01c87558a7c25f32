import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The text of each file, by its path from the root of the project. */
export type Sources = ReadonlyMap<string, string>

/** Reads all TypeScript below a folder of the project. */
export function readSources(folder: string): Sources {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name))
  return new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
}

/** Every file of ours that each file imports, types and imports at run time included. */
export function importsOf(sources: Sources): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...sources].map(([file, text]) => {
      const paths = [...text.matchAll(/(?:\bfrom |\bimport\(|\bimport )'(\.[^']+)'/g)]
      return [file, paths.map(([, path = '']) => join(dirname(file), path))]
    }),
  )
}

/** `text` without its comments and what stands in quotes; lines stay where they are. */
export function withoutTexts(text: string): string {
  const blank = (found: string): string => found.replaceAll(/[^\n]/g, ' ')
  return text.replaceAll(
    /\/\*[\s\S]*?\*\/|(?<![:'"`\w])\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g,
    blank,
  )
}

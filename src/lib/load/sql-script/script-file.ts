import { isUtf8 } from 'node:buffer'
import { quoted } from '../../base/cut-text.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { readNamedFile } from '../../base/named-file.ts'
import { isVariableName } from './commands.ts'

/** A script and its share of the iterations, as a person names them. */
export interface NamedScript {
  readonly file: string
  readonly weight: number
}

const mostWeight = 1_000_000

/** Reads `FILE@weight`; a path may have an @ of its own, and 1 is the weight that need not be written. Throws `usage-wrong`. */
export function parseNamedScript(text: string): NamedScript {
  const at = text.lastIndexOf('@')
  const digits = text.slice(at + 1)
  const isWeight = at >= 0 && /^\d+$/.test(digits)
  const named = isWeight ? { file: text.slice(0, at), weight: Number(digits) } : { file: text, weight: 1 }
  if (named.file === '')
    throw failure('usage-wrong', { reason: `--sql takes FILE or FILE@WEIGHT, such as --sql transfer.sql@3.` })
  if (named.weight < 1 || named.weight > mostWeight) {
    throw failure('usage-wrong', {
      reason: `The weight of --sql ${named.file} cannot be ${digits.slice(0, 20)}. Allowed: whole numbers from 1 to 1,000,000.`,
    })
  }
  return named
}

/** Bytes of a script: much more than anybody writes. */
const mostScriptBytes = 1_000_000

/** Reads the text of a script. Throws `sql-unusable` with the reason. */
export async function loadScriptText(file: string): Promise<string> {
  const bytes = await readNamedFile(file, mostScriptBytes).catch((error: unknown) => {
    throw failure('sql-unusable', { file, reason: reasonOf(error) }, error)
  })
  return decodeScript(bytes, file)
}

/** Decodes the bytes of a script. Throws `sql-unusable` where they are no text. */
export function decodeScript(bytes: Buffer, file: string): string {
  const unusable = (reason: string): Error => failure('sql-unusable', { file, reason })
  if (bytes.includes(0)) throw unusable('it is binary')
  if (!isUtf8(bytes)) throw unusable(`line ${firstBrokenLine(bytes)} is not UTF-8`)
  const text = bytes.toString()
  if (text.trim() === '' || text === '\ufeff') throw unusable('it is empty')
  return text
}

function firstBrokenLine(bytes: Buffer): number {
  let line = 1
  let from = 0
  for (;;) {
    const end = bytes.indexOf(10, from)
    if (end < 0 || !isUtf8(bytes.subarray(from, end))) return line
    line++
    from = end + 1
  }
}

/** Reads what a person defines as `NAME=VALUE`. Throws `usage-wrong`. */
export function parseDefinitions(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.map((text): [string, string] => {
    const at = text.indexOf('=')
    const name = text.slice(0, at)
    if (at > 0 && isVariableName(name)) return [name, text.slice(at + 1)]
    throw failure('usage-wrong', {
      reason: `--define cannot be ${quoted(text)}. It takes NAME=VALUE, such as accounts=1000.`,
    })
  })
  return Object.fromEntries(pairs)
}

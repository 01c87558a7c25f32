import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Command } from '@oclif/core'
import { parse } from '@oclif/core/parser'
import { splitWords } from '../../../src/lib/config/command-line.ts'
import { definitionOf, type SettingName } from '../../../src/lib/config/settings.ts'
import { parseFault } from '../../../src/lib/load/faults/faults.ts'
import { parseLimit } from '../../../src/lib/load/limits/limit.ts'
import { parseInsertThreshold } from '../../../src/lib/insert-bench/insert-thresholds.ts'
import { parseThreshold } from '../../../src/lib/load/metrics/thresholds.ts'

const root = new URL('../../../', import.meta.url)

async function readCommands(): Promise<Map<string, Command.Class>> {
  const files = await readdir(new URL('src/commands/', root))
  const loaded = files.map(async (file) => {
    const { default: command } = (await import(fileURLToPath(new URL(`src/commands/${file}`, root)))) as {
      default: Command.Class
    }
    return [file.replace(/\.ts$/, ''), command] as const
  })
  return new Map(await Promise.all(loaded))
}

/** Every command of rushbench, by its name. */
export const commands = await readCommands()

const readers: Readonly<Record<string, (text: string, command: string) => unknown>> = {
  threshold: (text, command) =>
    command === 'insert-reservation-bench' ? parseInsertThreshold(text) : parseThreshold(text),
  findLimit: parseLimit,
}

/** Throws what a user would be told of a command line: of flags that there are not, and of values that they do not take. */
export async function checkCommand(words: readonly string[]): Promise<void> {
  const [name = '', ...argv] = words
  const command = commands.get(name)
  if (!command) throw new Error(`there is no command ${name}`)
  const { flags: own, baseFlags, args, strict } = command
  const json = { json: { type: 'boolean', name: 'json', parse: async () => true, allowNo: false } }
  const flags = { ...baseFlags, ...json, ...own } as Record<string, { readonly setting?: SettingName }>
  const parsed = await parse(argv, { flags: flags as never, args, strict, '--': true })
  for (const [flag, raw] of Object.entries(parsed.flags as Record<string, unknown>)) {
    const setting = flags[flag]?.setting
    if (setting === undefined) continue
    const { schema, allowed } = definitionOf(setting)
    const { success } = schema.safeParse(raw)
    if (!success) throw new Error(`--${flag} cannot be ${String(raw)}; allowed: ${allowed}`)
    for (const one of [raw].flat()) readers[setting]?.(String(one), name)
  }
  const { fault = [], run = [] } = parsed.flags as { fault?: string[]; run?: string[] }
  for (const one of fault) parseFault(one)
  for (const one of run) {
    const inner = splitWords(one)
    if (inner[0] !== 'ARGUMENTS') await checkCommand(inner[0]?.includes('/') ? inner.slice(1) : inner)
  }
}

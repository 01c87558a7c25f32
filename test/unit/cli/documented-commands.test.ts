import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Command } from '@oclif/core'
import { parse } from '@oclif/core/parser'
import { describe, expect, it } from 'vitest'
import { splitWords } from '../../../src/lib/config/command-line.ts'
import { definitionOf, type SettingName } from '../../../src/lib/config/settings.ts'
import { parseFault } from '../../../src/lib/load/faults/faults.ts'
import { parseLimit } from '../../../src/lib/load/limits/limit.ts'
import { parseInsertThreshold } from '../../../src/lib/insert-bench/insert-thresholds.ts'
import { parseThreshold } from '../../../src/lib/load/metrics/thresholds.ts'

const root = new URL('../../../', import.meta.url)

/** Every command of rushbench, by its name. */
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

interface Documented {
  readonly where: string
  readonly line: string
}

/** The command lines in the fenced blocks of a page, each whole though it may be broken by backslashes. */
function commandsOf(page: string, text: string): Documented[] {
  const blocks = [...text.matchAll(/^```\w*\n(.*?)^```/gms)].map(([, block = '']) => block.replaceAll(/ *\\\n */g, ' '))
  return blocks.flatMap((block) =>
    block
      .split('\n')
      .filter((line) => /^(\$ |npm ci && )?(\w+=\S+ )*(npx )?rushbench /.test(line))
      .map((line) => ({ where: page, line })),
  )
}

const pages = [
  'README.md',
  ...(await readdir(new URL('docs/', root), { recursive: true })).map((name) => `docs/${name}`),
]
  .filter((name) => name.endsWith('.md') && name !== 'docs/commands.md')
  .toSorted()
const documented = (
  await Promise.all(pages.map(async (page) => commandsOf(page, await readFile(new URL(page, root), 'utf8'))))
).flat()
const commands = await readCommands()
const examples = [...commands].flatMap(([name, { examples: shown }]) =>
  [shown].flat().flatMap((example) =>
    typeof example === 'string'
      ? [
          {
            where: `${name} --help`,
            line: example.replaceAll('<%= config.bin %>', 'rushbench').replaceAll('<%= command.id %>', name),
          },
        ]
      : [],
  ),
)

/** The words that rushbench is given: without what stands before it, behind it for the shell, or in a comment. */
function argumentsOf(line: string): string[] {
  const [, after = ''] = /rushbench (.*)$/.exec(line.replace(/\s+#.*$/, '')) ?? []
  return splitWords(after.replace(/\s+(&|>>?\s*\S+)$/, ''))
}

const readers: Readonly<Record<string, (text: string, command: string) => unknown>> = {
  threshold: (text, command) =>
    command === 'insert-reservation-bench' ? parseInsertThreshold(text) : parseThreshold(text),
  findLimit: parseLimit,
}

/** Throws what a user would be told. */
async function check(words: readonly string[]): Promise<void> {
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
    if (inner[0] !== 'ARGUMENTS') await check(inner[0]?.includes('/') ? inner.slice(1) : inner)
  }
}

it('leaves the wrapping of descriptions to the terminal', () => {
  const broken = [...commands].filter(([, { description = '' }]) => /\S\n\S/.test(description)).map(([name]) => name)
  expect(broken).toEqual([])
})

describe('the commands that the documentation prints', () => {
  it('are many', () => expect([documented.length > 60, examples.length > 40]).toEqual([true, true]))

  it.each([...documented, ...examples])('$where: $line', ({ line }) => check(argumentsOf(line)))

  it('are refused when they are wrong', async () => {
    await expect(check(['load', '--user', '3'])).rejects.toThrow('Nonexistent flag: --user')
    await expect(check(['load', '--users', 'many'])).rejects.toThrow('--users cannot be many')
    await expect(check(['lod'])).rejects.toThrow('there is no command lod')
    await expect(check(['load', '--threshold', 'p99<5'])).rejects.toThrow('p99')
    await expect(check(['compare', '--run', 'load --user 3'])).rejects.toThrow('Nonexistent flag: --user')
  })

  it('begin with npx, as they must in this repository', () => {
    expect(documented.filter(({ line }) => !line.includes('npx rushbench'))).toEqual([])
  })

  it('name the servers of dev/services where they are on this machine', async () => {
    const services = await readFile(new URL('dev/services', root), 'utf8')
    const [, ports = ''] = /declare -A PORT=\(([^)]*)\)/.exec(services) ?? []
    const known = [...ports.matchAll(/=(\d+)/g)].map(([, port]) => port)
    expect(known).toHaveLength(9)
    const servers = documented.flatMap(({ line }) =>
      [...line.matchAll(/(\w+):\/\/(?:[^\s/]*@)?(?:127\.0\.0\.1|localhost)(?::(\d+))?/g)].map(
        ([url, scheme = '', port = '']) => ({ line, url, scheme, port }),
      ),
    )
    // The shop is the reader's own.
    const wrong = servers.filter(
      ({ line, scheme, port }) => !scheme.startsWith('http') && !line.includes('/shop') && !known.includes(port),
    )
    expect(wrong).toEqual([])
  })
})

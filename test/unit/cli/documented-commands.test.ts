import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { splitWords } from '../../../src/lib/config/command-line.ts'
import { checkCommand, commands } from '../../support/cli/check-command.ts'

const root = new URL('../../../', import.meta.url)

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

it('leaves the wrapping of descriptions to the terminal', () => {
  const broken = [...commands].filter(([, { description = '' }]) => /\S\n\S/.test(description)).map(([name]) => name)
  expect(broken).toEqual([])
})

describe('the commands that the documentation prints', () => {
  it('are many', () => expect([documented.length > 60, examples.length > 40]).toEqual([true, true]))

  it.each([...documented, ...examples])('$where: $line', ({ line }) => checkCommand(argumentsOf(line)))

  it('are refused when they are wrong', async () => {
    await expect(checkCommand(['load', '--user', '3'])).rejects.toThrow('Nonexistent flag: --user')
    await expect(checkCommand(['load', '--users', 'many'])).rejects.toThrow('--users cannot be many')
    await expect(checkCommand(['lod'])).rejects.toThrow('there is no command lod')
    await expect(checkCommand(['load', '--threshold', 'p99<5'])).rejects.toThrow('p99')
    await expect(checkCommand(['compare', '--run', 'load --user 3'])).rejects.toThrow('Nonexistent flag: --user')
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

import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/lib/error-entry.ts'
import { testEngines, type TestDatabase } from '../integration/databases/engines.ts'
import { createWorkplace, type Workplace } from './cli.ts'

const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')

/** The `npx rushbench ...` commands of the README's shell blocks, in order. */
const commands = [...readme.matchAll(/```sh\n(.*?)```/gs)]
  .flatMap(([, block = '']) => block.split('\n'))
  .map((line) => /npx rushbench (.*)$/.exec(line)?.[1])
  .filter((command) => command !== undefined)

const mysql = testEngines.find(({ name }) => name === 'mariadb')!

/** Shorter than for a person, and on the test's own database; nothing else is changed. */
function adapt(command: string, mysqlUrl: string | null): string[] {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  const short: Record<string, string> = { '3000': '100', '500': '50', '60s': '4s', '30s': '4s', '10s': '1s', '10': '2' }
  return words.map((word) => (word.startsWith('mysql://') ? mysqlUrl! : (short[word] ?? word)))
}

describe('the README', () => {
  let work: Workplace
  let place: TestDatabase | null = null

  beforeAll(async () => {
    work = await createWorkplace()
    place = (await mysql.open?.()) ?? null
    await cp(fileURLToPath(new URL('../../fixtures', import.meta.url)), join(work.folder, 'fixtures'), {
      recursive: true,
    })
  })

  afterAll(async () => {
    await work[Symbol.asyncDispose]()
    await place?.remove()
  })

  it('has commands', () => expect(commands.length).toBeGreaterThanOrEqual(8))

  for (const command of commands) {
    it.skipIf(command.includes('mysql://') && mysql.open === null)(`rushbench ${command}`, async () => {
      const { code, stdout, stderr } = await work.run(adapt(command, place?.url ?? null))
      expect({ code, stdout, stderr }).toMatchObject({ code: 0 })
    })
  }

  it('names every exit code', () => {
    const table = [...readme.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
    expect(table).toEqual([...new Set(Object.values(exitCodes))])
  })
})

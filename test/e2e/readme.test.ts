import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/lib/base/errors/error-entry.ts'
import { testEngines, type TestDatabase } from '../support/database/engines.ts'
import { borrowDatabase, type LentDatabase } from '../support/database/redis-databases.ts'
import { findService } from '../support/services.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'

const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')

const workersPage = await readFile(new URL('../../docs/workers.md', import.meta.url), 'utf8')
const [onOneMachine = ''] = /^## On one machine.*?^## /ms.exec(workersPage) ?? []

/** The `npx rushbench ...` commands of the README's shell blocks, in order, and those that try workers on one machine. */
const commands = [...`${readme}\n${onOneMachine}`.matchAll(/```sh\n(.*?)```/gs)]
  .flatMap(([, block = '']) => block.split('\n'))
  .map((line) => /npx rushbench (.*)$/.exec(line)?.[1])
  .filter((command) => command !== undefined)

const mysql = testEngines.find(({ name }) => name === 'mariadb')!
const redis = await findService('redis')

/** Servers of the test in place of those that the README names. */
interface Servers {
  readonly mysql: string | null
  readonly queue: string | null
}

/** Shorter than for a person, and on the test's own servers; nothing else is changed. */
function adapt(command: string, servers: Servers): string[] {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  const users = { '3000': '100', '2000': '50', '500': '50' }
  const times = { '60s': '4s', '30s': '4s', '20s': '4s', '10s': '1s', '5s': '1s' }
  const short: Record<string, string> = { ...users, ...times, '10': '2' }
  return words.map((word) => {
    if (word.startsWith('mysql://')) return servers.mysql!
    return word.startsWith('redis://') ? servers.queue! : (short[word] ?? word)
  })
}

function isMissing(command: string): boolean {
  return (command.includes('mysql://') && mysql.open === null) || (command.includes('redis://') && redis === null)
}

describe('the README', () => {
  let work: CliSandbox
  let place: TestDatabase | null = null
  let queue: LentDatabase | null = null
  const workers: RunningCli[] = []

  beforeAll(async () => {
    work = await createSandbox()
    place = (await mysql.open?.()) ?? null
    queue = redis === null ? null : await borrowDatabase(redis)
    await cp(fileURLToPath(new URL('../../fixtures', import.meta.url)), join(work.folder, 'fixtures'), {
      recursive: true,
    })
  })

  afterAll(async () => {
    await work[Symbol.asyncDispose]()
    await place?.remove()
    await queue?.remove()
  })

  it('has commands', () => expect(commands.length).toBeGreaterThanOrEqual(8))

  for (const command of commands) {
    it.skipIf(isMissing(command))(`rushbench ${command}`, async () => {
      const args = adapt(command, { mysql: place?.url ?? null, queue: queue?.url ?? null })
      if (args[0] === 'worker') {
        const worker = work.start(args)
        workers.push(worker)
        await worker.waitFor(/waits for work/)
        return
      }
      const { code, stdout, stderr } = await work.run(args)
      expect({ code, stdout, stderr }).toMatchObject({ code: 0 })
    })
  }

  it('has workers that end with Ctrl-C', async () => {
    if (redis !== null) expect(workers).toHaveLength(2)
    for (const { child } of workers) child.kill('SIGINT')
    const ends = await Promise.all(workers.map(({ result }) => result))
    expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(workers.map(() => ({ code: 0, stderr: '' })))
  })

  it('names every exit code', () => {
    const table = [...readme.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
    expect(table).toEqual([...new Set(Object.values(exitCodes))])
  })
})

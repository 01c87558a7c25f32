import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { borrowDatabase, type LentDatabase } from '../support/database/redis-databases.ts'
import { findService } from '../support/services.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'
import { requireMade, savedBy, startWorkers, stopWorkers } from '../support/cli/workers.ts'

const server = await findService('redis')
const root = fileURLToPath(new URL('../..', import.meta.url))

describe.skipIf(!server)('what workers do for nobody', () => {
  let work: CliSandbox
  let place: LentDatabase
  let api: Server
  let origin: string
  let workers: RunningCli[] = []

  async function start(name: string, ...flags: readonly string[]): Promise<void> {
    workers.push(...(await startWorkers(work, place.url, [name], flags)))
  }

  const load = (...flags: readonly string[]) =>
    work.run(['load', '--users', '4', '--duration', '1s', '--queue', place.url, '--worker-wait', '20s', ...flags])

  async function writeScenario(name: string, source: string): Promise<{ file: string; sha256: string }> {
    const file = join(work.folder, name)
    await writeFile(file, source)
    return { file, sha256: createHash('sha256').update(source).digest('hex') }
  }

  const scenario = (step: string): string => `
    import { defineScenario } from 'rushbench'
    export default defineScenario({
      name: '${step}',
      think: 100,
      run: (user) => user.request({ step: '${step}', method: 'GET', path: '/' }),
    })`

  beforeAll(async () => {
    work = await createSandbox()
    place = await borrowDatabase(server!)
    api = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1')
    await once(api, 'listening')
    origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  })

  afterEach(async () => {
    await stopWorkers(workers)
    workers = []
  })

  afterAll(async () => {
    api.closeAllConnections()
    api.close()
    await place.remove()
    await work[Symbol.asyncDispose]()
  })

  it('run a scenario file of the hash that one permits, and no other', async () => {
    const mine = await writeScenario('mine.mjs', scenario('mine'))
    const other = await writeScenario('other.mjs', scenario('other'))
    await start('careful', '--allow-scenarios', `sha256:${mine.sha256}`)
    const permitted = await load('--workers', '1', '--target', origin, '--scenario', mine.file)
    requireMade(permitted)
    const { load: figures } = await savedBy(work, permitted)
    expect(figures.steps.map(({ name }) => name)).toEqual(['mine'])
    expect(figures.failures).toBe(0)
    const refused = await load('--workers', '1', '--target', origin, '--scenario', other.file)
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('Worker careful does not run the scenario other.mjs')
    expect(refused.stderr).toContain(`--allow-scenarios sha256:${other.sha256}`)
  })

  it('run none unless they are told to, and any when they are', async () => {
    const { file } = await writeScenario('plain.mjs', scenario('plain'))
    await start('default')
    expect((await load('--workers', '1', '--target', origin, '--scenario', file)).stderr).toContain(
      'Worker default does not run the scenario plain.mjs',
    )
    const { file: sql, sha256 } = await writeScenario('plain.sql', 'select 1;\n')
    const { stderr } = await load('--workers', '1', '--sql', sql, '--db', 'sqlite:mine.db')
    expect(stderr).toContain('Worker default does not run the scenario plain.sql')
    expect(stderr).toContain(`--allow-scenarios sha256:${sha256}`)
    await stopWorkers(workers.splice(0))
    await start('open', '--allow-scenarios', 'any')
    const permitted = await load('--workers', '1', '--target', origin, '--scenario', file)
    requireMade(permitted)
  })

  it('load a target that is not on their machine', async () => {
    await start('near')
    const named = origin.replace('127.0.0.1', '[::ffff:127.0.0.1]')
    const remote = await load('--workers', '1', '--target', named, '--allow-remote')
    expect(remote.code).toBe(1)
    expect(remote.stderr).toMatch(/Worker near does not load http:\/\/\[::ffff:.*\]:\d+, which is not on its machine/)
    expect(remote.stderr).toContain('--allow-remote')
  })

  it('work with another version than theirs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rushbench-old-'))
    try {
      for (const name of ['dist', 'node_modules', 'schema']) await symlink(join(root, name), join(folder, name))
      await cp(join(root, 'bin'), join(folder, 'bin'), { recursive: true })
      const about = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
      await writeFile(join(folder, 'package.json'), JSON.stringify({ ...about, version: '0.0.9' }))
      const old = work.start(['worker', '--queue', place.url, '--name', 'old'], {
        RUSHBENCH_TEST_ENTRY: join(folder, 'bin/run.js'),
      })
      workers.push(old)
      await old.waitFor(/waits for work/)
      const { code, stderr } = await load('--workers', '1', '--target', origin)
      expect(code).toBe(1)
      expect(stderr).toContain(`Worker old is rushbench 0.0.9, and the run was started by ${about.version}.`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('are not asked for what cannot travel, or cannot be shared', async () => {
    await writeScenario('part.mjs', 'export const path = "/"')
    const { file } = await writeScenario(
      'whole.mjs',
      `import { path } from './part.mjs'
       import { defineScenario } from 'rushbench'
       export default defineScenario({ name: 'x', run: (user) => user.request({ step: 'x', method: 'GET', path }) })`,
    )
    const travelling = await load('--workers', '1', '--target', origin, '--scenario', file)
    expect([travelling.code, travelling.stderr]).toMatchObject([1, expect.stringContaining('it imports ./part.mjs')])
    const threads = await load('--workers', '2', '--threads', '2')
    expect(threads.code).toBe(2)
    const many = await load('--workers', '5')
    expect([many.code, many.stderr]).toMatchObject([2, expect.stringContaining('5 workers cannot share 4 users')])
    const alone = await work.run(['load', '--queue', place.url])
    expect([alone.code, alone.stderr]).toMatchObject([2, expect.stringContaining('--workers')])
    const nowhere = await work.run(['worker'])
    expect([nowhere.code, nowhere.stderr]).toMatchObject([2, expect.stringContaining('--queue')])
    const wrong = await work.run(['worker', '--queue', place.url, '--allow-scenarios', 'some'])
    expect([wrong.code, wrong.stderr]).toMatchObject([2, expect.stringContaining('--allow-scenarios cannot be some')])
  })
})

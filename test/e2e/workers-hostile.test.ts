import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { resolveConfig } from '../../src/lib/config/resolve.ts'
import { scenarioSettings } from '../../src/lib/config/sent-settings.ts'
import { signedJob } from '../../src/lib/load/distributed/queued-job.ts'
import { connectQueue } from '../../src/lib/queue/client.ts'
import { placeWork, type WorkEnd } from '../../src/lib/queue/jobs.ts'
import { openCommands } from '../../src/lib/queue/commands.ts'
import { createRunIdentity } from '../../src/lib/queue/run-identity.ts'
import { startPrivateService, type PrivateService } from '../support/private-service.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'
import { requireMade, startWorkers, stopWorkers } from '../support/cli/workers.ts'

const root = new URL('../../', import.meta.url)

/** The users that docs/workers.md shows. */
async function documentedUsers(): Promise<string> {
  const text = await readFile(new URL('docs/workers.md', root), 'utf8')
  return text
    .split('\n')
    .filter((line) => line.startsWith('user '))
    .join('\n')
}

const server = await startPrivateService('redis')

describe.skipIf(!server)('workers on a queue that others write to', () => {
  const queue = server as PrivateService
  const { host } = new URL(queue?.url ?? 'redis://none')
  const url = (user: string): string => `redis://${user}:${user.toUpperCase()}_PASSWORD@${host}`
  let work: CliSandbox
  let api: Server
  let origin: string
  let version: string
  let workers: readonly RunningCli[] = []

  beforeAll(async () => {
    work = await createSandbox()
    api = createServer((_request, response) => response.writeHead(404).end('{}')).listen(0, '127.0.0.1')
    await once(api, 'listening')
    origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
    version = (JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as { version: string }).version
    const client = createClient({ url: queue.url })
    await client.connect()
    for (const line of (await documentedUsers()).split('\n')) {
      const [, name = '', ...rules] = line.split(' ')
      if (name !== 'default') await client.aclSetUser(name, rules)
    }
    client.destroy()
  })

  afterEach(async () => {
    await stopWorkers(workers)
    workers = []
  })

  afterAll(async () => {
    api.closeAllConnections()
    api.close()
    await work[Symbol.asyncDispose]()
    await queue[Symbol.asyncDispose]()
  })

  /** Puts a load on the queue as somebody does who may put jobs there. */
  async function place(model: object, settings: object = {}) {
    const run = createRunIdentity()
    // Every setting that scenarios may ask for, as a coordinator of this version sends them.
    const { values } = await resolveConfig({ flags: {}, env: {}, cwd: work.folder })
    const client = await connectQueue(url('coordinator'))
    const job = {
      origins: [origin],
      timeout: 1000,
      model,
      seed: 's',
      runId: '0a1b2c3d',
      statuses: { bookedStatuses: [201], conflictStatuses: [409] },
      settings: {
        ...scenarioSettings(values),
        seed: 's',
        from: '2000-01-01',
        orders: 10,
        ...settings,
      },
      scenario: null,
      prepareTimeout: 60_000,
    }
    await client.set(run.keys.task, signedJob(job, run))
    const orders = await openCommands(client, run, () => {})
    const ended = Promise.withResolvers<WorkEnd>()
    const data = { version, run: run.id, key: run.key, shard: { index: 0, of: 1 } }
    const placed = await placeWork(url('coordinator'), [{ name: 'load', data }], (_index, end) => ended.resolve(end))
    return {
      orders,
      end: ended.promise,
      async close() {
        await orders.close()
        await placed.close(false)
        client.destroy()
      },
    }
  }

  const rate = (ratePerSecond: number) => ({
    kind: 'open',
    ratePerSecond,
    arrivals: 'constant',
    durationMs: 600_000,
    maxInFlight: 10,
  })
  const users = (count: number) => ({
    kind: 'closed',
    stages: [
      { durationMs: 0, users: count },
      { durationMs: 600_000, users: count },
    ],
  })

  it('refuse what no command line could ask for, with a sentence', async () => {
    workers = await startWorkers(work, url('worker'), ['careful'])
    const hostile: [object, object, string][] = [
      [rate(1e300), {}, 'model.ratePerSecond is wrong'],
      [users(1e9), {}, 'model.stages.0.users is wrong'],
      [users(3), { mix: 'x'.repeat(50) }, 'Allowed:'],
      [users(3), { db: 'mysql://h/d' }, 'sets db, which is no setting'],
    ]
    for (const [model, settings, why] of hostile) {
      const load = await place(model, settings)
      await workers[0]!.waitFor(new RegExp(why.replaceAll('.', String.raw`\.`)))
      await load.close()
    }
    workers[0]!.child.kill('SIGTERM')
    expect((await workers[0]!.result).code).toBe(0)
  })

  it('end on SIGTERM, whatever the load under way does', async () => {
    workers = await startWorkers(work, url('worker'), ['busy'])
    const load = await place(rate(1e6))
    await workers[0]!.waitFor(/: ready/)
    await load.orders.send({ kind: 'begin', at: Date.now() })
    await workers[0]!.waitFor(/: begun/)
    const toldAt = performance.now()
    workers[0]!.child.kill('SIGTERM')
    const { code } = await workers[0]!.result
    expect(performance.now() - toldAt).toBeLessThan(60_000)
    expect(code).toBe(130)
    await load.close()
  })

  it('do all that they have to as a user of Redis that may do little else', async () => {
    workers = await startWorkers(work, url('worker'), ['limited'])
    const spread = ['load', '--queue', url('coordinator'), '--workers', '1', '--worker-wait', '20s', '--duration', '1s']
    const asking = ['--target', origin, '--request', 'GET /', '--expect', '404', '--connections', '2']
    requireMade(await work.run([...spread, ...asking]))
    const client = createClient({ url: url('worker') })
    await client.connect()
    await expect(client.xRange('rushbench:run:x:telemetry', '-', '+')).rejects.toThrow('NOPERM')
    await expect(client.set('rushbench:run:x:task', 'mine')).rejects.toThrow('NOPERM')
    await expect(client.get('rushbench:table:bookings')).rejects.toThrow('NOPERM')
    await expect(client.keys('*')).rejects.toThrow('NOPERM')
    client.destroy()
  })
})

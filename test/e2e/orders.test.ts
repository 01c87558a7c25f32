import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { readdir } from 'node:fs/promises'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditReport, LoadReport } from '../../src/lib/record/record.ts'
import type { PublishResult } from '../../src/lib/render/document/publish-screen.ts'
import { startPrivatePostgres } from '../support/database/private-postgres.ts'
import { startPrivateService, type PrivateService } from '../support/private-service.ts'
import { findService } from '../support/services.ts'
import { createSandbox, type RunningCli, type CliSandbox } from '../support/cli/sandbox.ts'

let work: CliSandbox
beforeEach(async () => void (work = await createSandbox()))
afterEach(() => work[Symbol.asyncDispose]())

interface Replicas {
  readonly cli: RunningCli
  readonly origins: readonly string[]
  /** `--target` for each of them. */
  readonly targets: readonly string[]
  pidOf(number: number): number
  stop(): Promise<void>
}

async function startReplicas(env: Record<string, string>, count = 2): Promise<Replicas> {
  const cli = work.start(['start', '--replicas', `${count}`, '--port', '0'], env)
  let output = ''
  cli.child.stderr!.on('data', (chunk: string) => (output += chunk))
  const [, listed] = await cli.waitFor(/^Listening on (.*);/m)
  const origins = listed!.split(' and ')
  return {
    cli,
    origins,
    targets: origins.flatMap((origin) => ['--target', origin]),
    pidOf: (number) =>
      Number([...output.matchAll(new RegExp(`replica ${number} listens on .*process (\\d+)`, 'g'))].at(-1)![1]),
    async stop() {
      cli.child.kill('SIGINT')
      expect(await cli.result).toMatchObject({ code: 0 })
    },
  }
}

async function ledgers(): Promise<string[]> {
  const files = await readdir(join(work.folder, 'reports'))
  return files.flatMap((file) => (file.endsWith('publish.ledger.jsonl') ? ['--ledger', `reports/${file}`] : []))
}

/** The audit, with what the publishers noted, and the replicas. */
async function audit(env: Record<string, string>, { targets }: Replicas): Promise<AuditReport['audit']> {
  const report = await work.runJson<AuditReport>(['audit', ...targets, ...(await ledgers())], env)
  return report.audit
}

const allIsWell = { passed: true, lost: 0, duplicate: 0, inconsistent: 0, unknownCommitted: 0 }

describe('orders, embedded', () => {
  const env = { RUSHBENCH_WORKLOAD: 'orders' }

  it('publishes, serves from two replicas, and audits; Ctrl-C ends all', async () => {
    await work.run(['migrate'], env)
    const replicas = await startReplicas(env)
    const published = await work.runJson<PublishResult>(
      ['publish', '--count', '300', '--interval', '2ms', '--invalid', '10%', ...replicas.targets],
      env,
    )
    expect(published).toMatchObject({ orders: 270, invalid: 30, repeats: 0 })
    expect(published.readable).toEqual(
      replicas.origins.map((origin) => expect.objectContaining({ origin, orders: 270, unreadable: 0 })),
    )
    expect(published.durationMs).toBeGreaterThanOrEqual(299 * 2)
    expect(await audit(env, replicas)).toMatchObject({ ...allIsWell, acknowledged: 300 })
    const pids = [1, 2].map(replicas.pidOf)
    await replicas.stop()
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('starts a replica again that was killed; it has all orders and its port', async () => {
    await work.run(['migrate'], env)
    const replicas = await startReplicas(env)
    await replicas.cli.waitFor(/There are no orders yet: "rushbench migrate --fill --workload orders /)
    await work.runJson(['publish', '--count', '50', ...replicas.targets], env)
    const killed = replicas.pidOf(2)
    process.kill(killed, 'SIGKILL')
    await replicas.cli.waitFor(/replica 2 ended: .*SIGKILL; it is started again\n(.*\n)*replica 2 listens on/)
    expect(replicas.pidOf(2)).not.toBe(killed)
    expect(await (await fetch(`${replicas.origins[1]}/digest`)).json()).toMatchObject({ count: 50 })
    expect(await audit(env, replicas)).toMatchObject(allIsWell)
    await replicas.stop()
  })

  it('loads as many replicas as it is told to, and inspects them', async () => {
    const args = ['load', '--rate', '100/s', '--duration', '3s', '--replicas', '2', '--orders', '200']
    const report = await work.runJson<LoadReport>(args, env)
    expect(report.load).toMatchObject({ failures: 0, requests: 300 })
    expect(report.load.steps.map(({ name }) => name).sort()).toEqual(['order', 'orders', 'unknown order'])
    expect(report.audit).toMatchObject(allIsWell)
    const lists = await work.runJson<LoadReport>(['load', '--mix', 'list', '--rate', '1000/s', '--duration', '1s'], env)
    expect(lists.load).toMatchObject({ failures: 0, steps: [{ name: 'orders' }] })
  })

  it('says what is wrong with what it is given', async () => {
    const wrong = async (...args: string[]) => {
      const { code, stderr } = await work.run(args, env)
      expect(code).toBe(2)
      return stderr.replaceAll(/\n *›? */g, ' ')
    }
    expect(await wrong('publish', '--invalid', '101%')).toContain('a percentage from 0% to 100%')
    expect(await wrong('publish', '--count', '0')).toContain('from 1 to 100m')
    expect(await wrong('publish', '--target', 'ftp://x')).toContain('http://host:port')
    const nobody = await work.run(['publish', '--target', 'http://127.0.0.1:1'], env)
    expect(nobody).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Cannot reach the target') })
    await expect(ledgers()).rejects.toThrow('ENOENT')
    expect(await wrong('start', '--replicas', '0')).toContain('a whole number from 1 to 64')
    expect(await wrong('start', '--replicas', '3', '--port', '65534')).toContain('There are no 3 ports from 65534 on')
    expect(await wrong('audit', '--workload', 'vaccination', '--target', 'http://127.0.0.1:1')).toContain('leave out')
  })

  it('notes what it has published when Ctrl-C ends it', async () => {
    const publishing = work.start(['publish', '--count', '100000', '--interval', '5ms', '--json'], env)
    let noted: string[] = []
    while (noted.length === 0) {
      await sleep(20)
      noted = await ledgers().catch(() => [])
    }
    await sleep(300)
    publishing.child.kill('SIGINT')
    const { code, stdout } = await publishing.result
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ orders: expect.any(Number) })
    await work.run(['migrate'], env)
    const replicas = await startReplicas(env, 2)
    expect(await audit(env, replicas)).toMatchObject({
      ...allIsWell,
      acknowledged: (JSON.parse(stdout) as PublishResult).orders,
    })
    await replicas.stop()
  })
})

const postgres = await startPrivatePostgres()
const isNatsThere = (await findService('nats')) !== null

describe.skipIf(!postgres || !isNatsThere)('orders on NATS and PostgreSQL of their own', () => {
  let nats: PrivateService
  let env: Record<string, string>
  afterEach(() => nats[Symbol.asyncDispose]())

  afterAll(() => postgres?.[Symbol.asyncDispose]())

  beforeEach(async () => {
    // What one test publishes is not to be found by the next.
    nats = (await startPrivateService('nats'))!
    env = {
      RUSHBENCH_WORKLOAD: 'orders',
      RUSHBENCH_DB: await postgres!.createDatabase(),
      RUSHBENCH_BROKER: nats.url,
    }
    await work.run(['migrate'], env)
  })

  const restart = async (server: PrivateService): Promise<void> => {
    await server.kill()
    await sleep(300)
    await server.start()
  }

  it.each<[string, (replicas: Replicas) => Promise<void>]>([
    ['NATS is killed and started again', () => restart(nats)],
    ['PostgreSQL is killed and started again', () => restart(postgres!)],
    ['a replica is killed', async (replicas) => void process.kill(replicas.pidOf(1), 'SIGKILL')],
  ])('loses nothing, doubles nothing and has equal maps when %s', async (_name, fault) => {
    const replicas = await startReplicas(env)
    const publishing = work.start(
      ['publish', '--count', '4000', '--interval', '1ms', '--invalid', '5%', ...replicas.targets, '--json'],
      env,
    )
    await untilStored(replicas, 500)
    await fault(replicas)
    const { code, stdout, stderr } = await publishing.result
    expect({ code, stderr, stdout }).toMatchObject({ code: 0 })
    const published = JSON.parse(stdout) as PublishResult
    expect(published).toMatchObject({ orders: 3800, invalid: 200 })
    expect(published.readable.map(({ unreadable }) => unreadable)).toEqual([0, 0])
    expect(await audit(env, replicas)).toMatchObject({ ...allIsWell, acknowledged: 4000 })
    const digests = await Promise.all(replicas.origins.map(async (origin) => (await fetch(`${origin}/digest`)).json()))
    expect(digests[0]).toMatchObject({ count: 3800 })
    expect(digests[1]).toEqual(digests[0])
    await replicas.stop()
  })

  it('works off 20,000 messages that wait at its start', async () => {
    await work.runJson(['publish', '--count', '20k', '--invalid', '5%'], env)
    const replicas = await startReplicas(env)
    expect(await audit(env, replicas)).toMatchObject({ ...allIsWell, acknowledged: 20_000 })
    expect(await (await fetch(`${replicas.origins[1]}/digest`)).json()).toMatchObject({ count: 19_000 })
    await replicas.stop()
  })

  async function untilStored({ origins }: Replicas, count: number): Promise<void> {
    for (;;) {
      const digest = (await (await fetch(`${origins[1]}/digest`)).json()) as { count: number }
      if (digest.count >= count) return
      await sleep(20)
    }
  }
})

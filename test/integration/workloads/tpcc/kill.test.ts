import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabaseClient } from '../../../../src/lib/adapters/databases/registry.ts'
import { makeLoadRun } from '../../../../src/lib/app/load/load-run.ts'
import { readLedger } from '../../../../src/lib/load/ledger/ledger-reader.ts'
import type { Violation } from '../../../../src/lib/ports/workload.ts'
import { auditTpcc } from '../../../../src/lib/workloads/tpcc/audit.ts'
import { unwatched } from '../../../support/ledgers.ts'
import { startPrivateService, type PrivateService } from '../../../support/private-service.ts'
import { configOf, createTestContext } from '../../../support/run-context.ts'

/** Five times in all: each takes some seconds, most of them until the server is there again. */
const servers = [
  { name: 'postgres', times: 2 },
  { name: 'mariadb', times: 3 },
] as const

describe.each(servers)('tpcc on $name', ({ name, times }) => {
  let service: PrivateService | null
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rushbench-tpcc-'))
    service = await startPrivateService(name)
  }, 60_000)
  afterAll(async () => {
    await service?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  it('is consistent, and has every order that was acknowledged, after kill -9 of the server', async ({ skip }) => {
    if (!service) skip()
    const server = service!
    const { url } = server
    for (let time = 1; time <= times; time++) {
      const config = await configOf({
        workload: 'tpcc',
        districtCustomers: '30',
        think: 'none',
        db: url,
        users: '8',
        duration: '3s',
        seed: String(time),
        reports: folder,
      })
      const ledger = join(folder, `${time}.jsonl`)
      const flags = { 'allow-remote': false, 'beside-original': false, ledger } as never
      const context = createTestContext()
      const begun = Promise.withResolvers<void>()
      context.progress.seconds = () => ({ update: () => begun.resolve(), note() {}, stop: () => begun.resolve() })
      const killing = async () => {
        // After its first second.
        await begun.promise
        await server.kill()
        await server.start()
      }
      const running = makeLoadRun(context, flags, config)
      // One that fails before it begins would be waited for for ever.
      running.then(() => begun.resolve(), begun.reject)
      // A run that ends before the server is back has no audit of its own.
      const [, killed] = await Promise.allSettled([running, killing()])
      expect(killed).toMatchObject({ status: 'fulfilled' })
      const { counts, entries } = await readLedger(ledger, unwatched)
      expect(counts.booked).toBeGreaterThan(0)
      expect(counts.failed + counts.unknown).toBeGreaterThan(0)
      const found: Violation[] = []
      await using client = await openDatabaseClient(url, { protocol: 'text', readOnly: true })
      const input = { ledger: entries, openDatabaseClient: () => Promise.resolve(client) }
      for await (const violation of auditTpcc(input, unwatched)) found.push(violation)
      expect(found).toEqual([])
    }
  }, 300_000)
})

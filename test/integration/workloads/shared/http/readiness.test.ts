import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createServices } from '../../../../../src/lib/app/services.ts'
import { migrateUp } from '../../../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../../../src/lib/adapters/databases/registry.ts'
import { resolveConfig } from '../../../../../src/lib/config/resolve.ts'
import type { RunningServer } from '../../../../../src/lib/ports/workload.ts'
import { loadWorkload } from '../../../../../src/lib/workloads/registry.ts'
import { apiNames } from '../../../../support/workloads.ts'
import { testEngines } from '../../../../support/database/engines.ts'
import { openSeverableProxy, type SeverableProxy } from '../../../../support/severable-proxy.ts'
import { requireApi } from '../../../../../src/lib/app/server/serve.ts'

const engine = testEngines.find(({ name }) => name === 'postgres')!

describe.skipIf(engine.open === null).each(apiNames)('the API of %s', (name) => {
  let stack: AsyncDisposableStack
  let proxy: SeverableProxy
  let server: RunningServer
  const errors: Error[] = []

  beforeAll(async () => {
    stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'rushbench-ready-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const place = await engine.open!()
    stack.defer(() => place.remove())
    proxy = stack.use(await openSeverableProxy(place.url))
    const flags = { db: proxy.url, broker: `sqlite:${folder}/broker.db`, images: `disk:${folder}/images` }
    const { values } = await resolveConfig({ flags, env: {}, cwd: folder })
    const workload = await loadWorkload(name)
    const { serve } = requireApi(workload)
    const database = stack.use(await connectDatabase(values.db, { poolSize: 2 }))
    await migrateUp(database, workload.name, workload.tables)
    const services = stack.use(createServices(values))
    const onError = (error: Error) => void errors.push(error)
    const http = { host: '127.0.0.1', port: 0, onError, shutdownTimeout: 500 }
    server = await serve({ ...services, ...http, database }, values)
    // What closes needs its database.
    stack.defer(async () => server.close())
  })
  afterAll(() => stack.disposeAsync())

  const ask = async (path: string) => {
    const response = await fetch(server.origin + path)
    return [response.status, await response.json()]
  }

  it('is ready while its database answers, and says so when it is away, and goes on to live', async () => {
    expect(await ask('/readyz')).toEqual([200, { status: 'ok' }])
    proxy.cut()
    const away = [503, { error: 'service-unavailable', message: 'The database does not answer.' }]
    await expect.poll(() => ask('/readyz')).toEqual(away)
    expect(await ask('/healthz')).toEqual([200, { status: 'ok' }])
    await proxy.mend()
    await expect.poll(() => ask('/readyz')).toEqual([200, { status: 'ok' }])
    expect(errors.map(({ message }) => message)).toContainEqual(expect.stringContaining('database'))
  })
})

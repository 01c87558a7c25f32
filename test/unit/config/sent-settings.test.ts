import { describe, expect, it } from 'vitest'
import { resolveConfig } from '../../../src/lib/config/resolve.ts'
import { scenarioSettings, serveEnvironment } from '../../../src/lib/config/sent-settings.ts'
import type { Settings } from '../../../src/lib/config/settings.ts'
import { loadWorkload, workloadNames } from '../../../src/lib/workloads/registry.ts'

const secret = 'redis://:secret@10.0.0.1'
const { values } = await resolveConfig({
  flags: { db: 'mysql://user:secret@10.0.0.1/test', cache: secret, queue: secret, broker: 'nats://secret@10.0.0.1' },
  env: {},
  cwd: '/',
})

describe('what leaves this machine for scenarios', () => {
  it('is no address and no password', () => {
    expect(JSON.stringify(scenarioSettings(values))).not.toMatch(/secret|10\.0\.0\.1/)
    expect(scenarioSettings(values).cache).toBe('memory')
    expect(scenarioSettings({ ...values, cache: 'none' }).cache).toBe('none')
  })

  it.each(workloadNames)('is all that the scenarios of %s ask for', async (name) => {
    const workload = await loadWorkload(name)
    const asked = new Set<string | symbol>()
    const watched = new Proxy(values, {
      get(target, key) {
        asked.add(key)
        return target[key as keyof Settings]
      },
    })
    expect(workload.scenarios(watched, 'test').length).toBeGreaterThan(0)
    expect(Object.keys(scenarioSettings(values))).toEqual(expect.arrayContaining([...asked]))
  })
})

describe('what an API in a process of its own is given', () => {
  it('makes it serve the same', async () => {
    const flags = {
      db: 'mysql://user:secret@10.0.0.1/test',
      cacheTtl: '1500ms',
      shutdownTimeout: '1m',
      dbPool: '7',
      metricsToken: 'x'.repeat(16),
      locations: 'stations.json',
      service: 'chat',
      wire: 'original',
      cors: 'https://app.example.com,http://localhost:5173',
    }
    const { values: given } = await resolveConfig({ flags, env: {}, cwd: '/' })
    const env = serveEnvironment(given)
    expect(env).toMatchObject({ RUSHBENCH_CACHE_TTL: '1500ms', RUSHBENCH_SHUTDOWN_TIMEOUT: '60000ms' })
    expect(env).not.toHaveProperty('RUSHBENCH_SERVICE_SECRET')
    expect((await resolveConfig({ flags: {}, env, cwd: '/' })).values).toEqual(given)
  })
})

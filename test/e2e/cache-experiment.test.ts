import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CacheExperiment } from '../../src/lib/app/load/cache-experiment.ts'
import { createSandbox, type CliSandbox } from '../support/cli/sandbox.ts'

describe('load --experiment cache', () => {
  let work: CliSandbox
  beforeEach(async () => void (work = await createSandbox()))
  afterEach(() => work[Symbol.asyncDispose]())

  const savedReports = async () =>
    (await readdir(join(work.folder, 'reports'))).filter((name) => name.endsWith('.json'))

  it('makes the same run without and with the cache in turn, and saves a report of each', async () => {
    const { code, stdout } = await work.run([
      'load',
      '--experiment',
      'cache',
      '--users',
      '20',
      '--duration',
      '2s',
      '--beside-original',
      '--json',
    ])
    // On a machine that is busy with other things a run may be said not to be valid.
    expect([0, 5]).toContain(code)
    const { runs, metrics } = JSON.parse(stdout) as CacheExperiment
    expect(runs.map(({ side }) => side)).toEqual(['without', 'with', 'with', 'without'])
    expect(runs.map(({ report }) => report.config['cache'])).toEqual(['none', 'memory', 'memory', 'none'])
    expect(runs.every(({ report }) => report.audit!.passed && report.load.requests > 0)).toBe(true)
    const [rps] = metrics!
    expect(rps).toMatchObject({ name: 'rps', original: { without: 753, with: 1011 } })
    expect([rps!.without, rps!.with].flat().every((value) => value! > 0)).toBe(true)
    expect(await savedReports()).toHaveLength(4)
  })

  it('ends after the audit of the run in which Ctrl-C came', async () => {
    const run = work.start(['load', '--experiment', 'cache', '--users', '20', '--duration', '60s'])
    await run.waitFor(/5 of 60 s/)
    run.child.kill('SIGINT')
    const { code, stdout } = await run.result
    expect(code).toBe(130)
    expect(stdout).toContain('run 1 of 4: without the cache')
    expect(stdout).toContain('audit ok')
    expect(stdout).not.toContain('original')
    expect(stdout).not.toMatch(/run 2|requests\/s/)
    expect(await savedReports()).toHaveLength(1)
  })
})

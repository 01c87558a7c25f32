import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadWorkload, workloadNames } from '../../../src/lib/workloads/registry.ts'

/** What workloads share. */
const shared = new Set(['shared'])

const folders = readdirSync(new URL('../../../src/lib/workloads/', import.meta.url), { withFileTypes: true })

describe('the registry of workloads', () => {
  it('has every folder but what they share, under the name that the workload has', async () => {
    const own = folders.filter((entry) => entry.isDirectory() && !shared.has(entry.name)).map(({ name }) => name)
    expect(workloadNames.toSorted()).toEqual(own.toSorted())
    for (const name of workloadNames) expect((await loadWorkload(name)).name).toBe(name)
  })
})

import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadWorkload, workloadNames } from '../../../src/lib/workloads/registry.ts'

const root = new URL('../../../src/lib/workloads/', import.meta.url)
/** Others hold what workloads share, or tables whose traffic is not written yet. */
const isWorkload = (folder: string) => existsSync(new URL(`${folder}/index.ts`, root))

describe('the registry of workloads', () => {
  it('has every folder but what they share, under the name that the workload has', async () => {
    const own = readdirSync(root).filter(isWorkload)
    expect(workloadNames.toSorted()).toEqual(own.toSorted())
    for (const name of workloadNames) expect((await loadWorkload(name)).name).toBe(name)
  })
})

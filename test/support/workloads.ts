import { engineOf } from '../../src/lib/adapters/databases/registry.ts'
import { loadWorkload, workloadNames, type BuiltInWorkload } from '../../src/lib/workloads/registry.ts'

const all = await Promise.all(workloadNames.map(loadWorkload))

/** Names of the workloads that have an API. */
export const apiNames: readonly string[] = all.filter(({ serve }) => serve).map(({ name }) => name)

/** The workloads that run on the database at `url`. */
export async function workloadsOn(url: string): Promise<readonly BuiltInWorkload[]> {
  const { engine } = await engineOf(url)
  return all.filter(({ engines }) => engines?.includes(engine) ?? true)
}

import type { Settings } from '../config/settings.ts'
import { failure } from '../base/errors/errors.ts'
import type { Workload } from '../ports/workload.ts'

/** A workload that takes what it can be told from the settings. */
export type BuiltInWorkload = Workload<Settings>

/** By name, loaded only when it is used; the default first. */
const workloads: Readonly<Record<string, () => Promise<BuiltInWorkload>>> = {
  vaccination: async () => (await import('./vaccination/index.ts')).vaccination,
  stations: async () => (await import('./stations/index.ts')).stations,
  tickets: async () => (await import('./tickets/index.ts')).tickets,
  orders: async () => (await import('./orders/index.ts')).ordersWorkload,
  meetups: async () => (await import('./meetups/index.ts')).meetups,
  tpcb: async () => (await import('./tpcb/index.ts')).tpcb,
  oltp: async () => (await import('./oltp/index.ts')).oltp,
  ycsb: async () => (await import('./ycsb/index.ts')).ycsb,
  isolation: async () => (await import('./isolation/index.ts')).isolation,
  tpcc: async () => (await import('./tpcc/index.ts')).tpcc,
}

/** All names, the default first. */
export const workloadNames: readonly string[] = Object.keys(workloads)

/** The workload that the settings name, with the tables that they ask for. Throws `workload-unknown`. */
export async function workloadOf(settings: Settings): Promise<BuiltInWorkload> {
  const workload = await loadWorkload(settings.workload)
  return workload.tablesFor ? { ...workload, tables: workload.tablesFor(settings) } : workload
}

/** The workload of that name, with the tables of the defaults. Throws `workload-unknown`. */
export async function loadWorkload(name: string): Promise<BuiltInWorkload> {
  const load = Object.hasOwn(workloads, name) ? workloads[name] : undefined
  if (!load) throw failure('workload-unknown', { name, allowed: workloadNames })
  return load()
}

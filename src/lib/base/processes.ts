import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** A process as another can know it again. */
export interface ProcessFacts {
  /** Where its number is its own: a host since its start, and a container on it. */
  readonly place: string
  readonly pid: number
  /** As the system counts it; empty where it does not tell. */
  readonly startedAt: string
}

/** This process, and its name for people. */
export const thisProcess: { readonly facts: ProcessFacts; readonly name: string } = {
  facts: { place: readPlace(), pid: process.pid, startedAt: startOf(process.pid) ?? '' },
  name: `process ${process.pid} on host ${hostname()}`,
}

/** Whether a process has certainly ended: false for one elsewhere, of which nothing can be known. */
export function isGone({ place, pid, startedAt }: ProcessFacts): boolean {
  if (place !== thisProcess.facts.place) return false
  if (!isRunning(pid)) return true
  // Its number may have gone to another.
  const start = startOf(pid)
  return start !== null && startedAt !== '' && start !== startedAt
}

/** Whether a process here has that number, whoever it belongs to. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function readPlace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/** Null where the system does not tell; '' for one that has ended, and waits for its parent to notice. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in brackets, may hold anything; the state is the first field after it, the start the twentieth.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? null)
  } catch {
    return null
  }
}

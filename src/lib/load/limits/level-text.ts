import { formatCount } from '../../base/format.ts'
import type { raisedOf } from '../engine/model.ts'

/** What a search raises. */
export type Raised = ReturnType<typeof raisedOf>

/** What one level counts, and several. */
const levelNames: Readonly<Record<Raised, readonly [one: string, several: string]>> = {
  users: ['user', 'users'],
  connections: ['connection', 'connections'],
  rate: ['iteration a second', 'iterations a second'],
  'request rate': ['request a second', 'requests a second'],
}

/** So many users, connections or starts a second. */
export function levelText({ level }: { readonly level: number }, raised: Raised): string {
  const [one, several] = levelNames[raised]
  return `${formatCount(level)} ${level === 1 ? one : several}`
}

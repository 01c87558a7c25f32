import { cutTo } from '../../base/cut-text.ts'

/** The name under which something is counted. */
export type KeepName = (name: string) => string

/** Reasons told apart; hostile ones cannot fill the memory. */
const maxReasons = 20
/** Steps told apart: each takes 0.2 MB, and a scenario may well name one after every item of a shop. */
const maxSteps = 100

/** Characters of a name: a report has each in many places. */
const mostOfName = 300

/** Tells the first 20 reasons apart by their first 300 characters, and counts all others as one. */
export function keepReasons(): KeepName {
  return keepFirst(maxReasons, 'other')
}

/** Tells the first 100 steps apart by their first 300 characters, and counts all others as one. */
export function keepStepNames(): KeepName {
  return keepFirst(maxSteps, 'other steps')
}

/** Reasons that are counted at most: those that are told apart, and the others. */
export const mostReasons = maxReasons + 1

function keepFirst(most: number, others: string): KeepName {
  const known = new Set<string>()
  return (given) => {
    const name = cutTo(mostOfName, given)
    if (known.has(name)) return name
    if (known.size >= most) return others
    known.add(name)
    return name
  }
}

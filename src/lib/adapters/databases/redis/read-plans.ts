import { chunksOf } from '../../../base/chunks.ts'
import type { AnyTable } from '../../../ports/database.ts'
import { compareValues } from './conditions.ts'
import { isInteger } from './definition.ts'
import type { Range, ReadPlan } from './read-scripts.ts'
import type { Term } from './rows.ts'

/** How rows are found. */
export interface ReadPlans {
  /** One after the other they give each row that may match once; conditions have to be checked on them all the same. */
  readonly plans: readonly ReadPlan[]
  /** The rows come in the order asked for. */
  readonly isOrdered: boolean
}

/** The rows that are asked for, and the indexes that may be used. */
export interface Question {
  readonly terms: readonly Term[]
  readonly orderBy: readonly string[]
  readonly descending: boolean
  readonly indexes: readonly (readonly string[])[]
}

/** Keys that are looked up at once. */
const keysPerPlan = 1000

/** The plan that looks at the fewest rows: by their keys, by a unique value, by an index, or in the order of keys. */
export function planRead(table: AnyTable, question: Question): ReadPlans {
  const { terms, orderBy, descending } = question
  const equal = new Map(
    terms.flatMap(([column, operator, value]) => (operator === 'eq' ? [[column, value as string]] : [])),
  )
  const keys = keysIn(table, terms)
  if (keys) return planKeys(table, keys, question)
  const unique = table.unique.find((columns) => columns.every((column) => equal.has(column)))
  if (unique) {
    const values = unique.map((column) => equal.get(column) as string)
    return { plans: [{ by: 'unique', columns: unique.join(), equal: values }], isOrdered: true }
  }
  const paths = [null, ...question.indexes].map((columns) => createPath(table, columns, terms, equal))
  const isOrderedBy = ({ plans, order }: AccessPath): boolean =>
    plans.length < 2 && orderBy.every((column, at) => order[at] === column)
  const best = paths.reduce((a, b) => {
    const [x, y] = [a, b].map((path) => 2 * path.worth + Number(isOrderedBy(path))) as [number, number]
    return y > x ? b : a
  })
  return { plans: best.plans.map((plan) => ({ ...plan, descending })), isOrdered: isOrderedBy(best) }
}

/** The keys that the rows must have one of; null when they may have any. */
export function keysIn(table: AnyTable, terms: readonly Term[]): readonly string[] | null {
  const found = terms.find(
    ([column, operator]) => column === table.primaryKey && (operator === 'eq' || operator === 'in'),
  )
  return found ? [found[2]].flat() : null
}

function planKeys(table: AnyTable, keys: readonly string[], { orderBy, descending }: Question): ReadPlans {
  const typed = (key: string) => (isInteger(table, table.primaryKey) ? Number(key) : key)
  const sorted = keys.toSorted((a, b) => (descending ? -1 : 1) * compareValues(typed(a), typed(b)))
  const plans = Array.from(chunksOf(sorted, keysPerPlan), (some): ReadPlan => ({ by: 'keys', keys: some }))
  return { plans, isOrdered: keys.length < 2 || orderBy.every((column) => column === table.primaryKey) }
}

interface AccessPath {
  readonly plans: readonly ((Range & { readonly by: 'order' }) | Extract<ReadPlan, { readonly by: 'index' }>)[]
  /** How few rows it looks at. */
  readonly worth: number
  /** The columns that the rows of one plan are sorted by. */
  readonly order: readonly string[]
}

/** By an index, or (null) in the order of keys. */
function createPath(
  table: AnyTable,
  columns: readonly string[] | null,
  terms: readonly Term[],
  equal: ReadonlyMap<string, string>,
): AccessPath {
  const all = [...(columns ?? []), table.primaryKey]
  const fixed = all.findIndex((column) => !equal.has(column))
  const next = all[fixed] as string
  const prefix = all.slice(0, fixed).map((column) => equal.get(column) as string)
  const { from, to } = boundsOf(next, terms)
  const range = { from, to, descending: false }
  const order = all.slice(fixed)
  if (!columns) return { plans: [{ by: 'order', ...range }], worth: from || to ? 1 : 0, order }
  const name = columns.join()
  const list =
    fixed < columns.length ? terms.find(([column, operator]) => column === next && operator === 'in') : undefined
  if (list) {
    const plans = (list[2] as readonly string[]).map((value): AccessPath['plans'][number] => {
      return { by: 'index', columns: name, equal: [...prefix, value], from: false, to: false, descending: false }
    })
    return { plans, worth: 2 * fixed + 2, order: all.slice(fixed + 1) }
  }
  return {
    plans: [{ by: 'index', columns: name, equal: prefix, ...range }],
    worth: 2 * fixed + (from || to ? 1 : 0),
    order,
  }
}

function boundsOf(column: string, terms: readonly Term[]): Pick<Range, 'from' | 'to'> {
  const find = (open: Term[1], closed: Term[1]): Range['from'] => {
    const found = terms.find(([each, operator]) => each === column && (operator === open || operator === closed))
    return found ? [found[2] as string, found[1] === closed] : false
  }
  return { from: find('gt', 'gte'), to: find('lt', 'lte') }
}

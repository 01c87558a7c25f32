import type {
  ColumnShape,
  Difference,
  Extra,
  IndexShape,
  ReferenceShape,
  ShapeComparison,
  TableShape,
} from '../../ports/table-shape.ts'
import { keyColumnsOf, type AnyTable, type Column } from '../../ports/database.ts'

/**
 * Checks a table against what it should be. What is missing, of another kind, or may refuse rows that are to be stored is a
 * difference; whatever else there is beside the table's own is an extra.
 */
export function compareShapes(expected: TableShape, found: TableShape): ShapeComparison {
  const parts = [
    compareColumns(expected.columns, found.columns),
    comparePrimaryKeys(expected, found),
    compareIndexes(expected, found),
    compareReferences(expected, found),
    compareTriggers(expected, found),
  ]
  return {
    differences: [...parts.flatMap(({ differences }) => differences), ...compareChecks(expected, found)],
    extras: [
      ...parts.flatMap(({ extras }) => extras),
      ...(found.traits ?? []).map(({ what, name }): Extra => ({ what, name, of: '' })),
      ...found.partitions.map((name): Extra => ({ what: 'partition', name, of: '' })),
    ],
  }
}

function compareColumns(
  expected: readonly ColumnShape[] | null,
  found: readonly ColumnShape[] | null,
): ShapeComparison {
  if (expected === null || found === null) return { differences: [], extras: [] }
  const differing = expected.flatMap(({ name, type }): Difference[] => {
    const other = found.find((column) => column.name === name)
    return other?.type === type ? [] : [{ what: `column ${name}`, expected: type, found: other?.type ?? null }]
  })
  const others = found.filter(({ name }) => !expected.some((column) => column.name === name))
  const refusing = others
    .filter(({ optional }) => !optional)
    .map(({ name, type }): Difference => ({ what: `column ${name}`, expected: null, found: type }))
  return {
    differences: [...differing, ...refusing],
    extras: others.filter(({ optional }) => optional).map(({ name, type }) => ({ what: 'column', name, of: type })),
  }
}

function comparePrimaryKeys(expected: TableShape, found: TableShape): ShapeComparison {
  if (isSame(expected.primaryKey, found.primaryKey)) return { differences: [], extras: [] }
  const key = found.primaryKey.length === 0 ? null : inBrackets(found.primaryKey)
  const wanted = expected.primaryKey.length === 0 ? null : inBrackets(expected.primaryKey)
  return { differences: [{ what: 'primary key', expected: wanted, found: key }], extras: [] }
}

function compareIndexes(expected: TableShape, found: TableShape): ShapeComparison {
  const own = new Set<IndexShape>()
  const differing = expected.indexes.flatMap((wanted): Difference[] => {
    const match = findAlike(
      wanted,
      found.indexes.filter((index) => !own.has(index)),
    )
    if (match) own.add(match)
    if (match?.limits === '') return []
    return [{ what: kindOf(wanted), expected: describeIndex(wanted), found: match ? describeIndex(match) : null }]
  })
  const others = found.indexes.filter((index) => !own.has(index))
  const keys = [expected.primaryKey, ...expected.indexes.filter(({ unique }) => unique).map(({ columns }) => columns)]
  // Rows that differ in a key of ours differ in whatever contains it.
  const mayRefuse = ({ unique, columns }: IndexShape): boolean =>
    unique && !keys.some((key) => key.every((column) => columns.includes(column)))
  return {
    differences: [
      ...differing,
      ...others
        .filter(mayRefuse)
        .map((index) => ({ what: kindOf(index), expected: null, found: `${index.name} ${describeIndex(index)}` })),
    ],
    extras: others
      .filter((index) => !mayRefuse(index))
      .map((index) => ({ what: kindOf(index), name: index.name, of: describeIndex(index) })),
  }
}

/** One that serves as the wanted one does, of that name if there are several; else one of the same columns that does not. */
function findAlike(wanted: IndexShape, found: readonly IndexShape[]): IndexShape | undefined {
  const alike = found.filter(({ unique, columns }) => unique === wanted.unique && isSame(columns, wanted.columns))
  const whole = alike.filter(({ limits }) => limits === '')
  return whole.find(({ name }) => name === wanted.name) ?? whole[0] ?? alike[0]
}

function kindOf({ unique }: IndexShape): 'index' | 'unique index' {
  return unique ? 'unique index' : 'index'
}

function describeIndex({ columns, limits }: IndexShape): string {
  return inBrackets(columns) + (limits === '' ? '' : ` ${limits}`)
}

function compareReferences(expected: TableShape, found: TableShape): ShapeComparison {
  const texts = new Set(expected.references.map(describeReference))
  const others = found.references.filter((reference) => !texts.has(describeReference(reference)))
  const present = new Set(found.references.map(describeReference))
  const instead = new Set<ReferenceShape>()
  const differing = expected.references.flatMap((wanted): Difference[] => {
    const text = describeReference(wanted)
    if (present.has(text)) return []
    const other = others.find(({ columns }) => isSame(columns, wanted.columns))
    if (other) instead.add(other)
    return [{ what: 'reference', expected: text, found: other ? describeReference(other) : null }]
  })
  const ownColumns = new Set((expected.columns ?? []).map(({ name }) => name))
  const mayRefuse = ({ columns }: ReferenceShape): boolean => columns.some((column) => ownColumns.has(column))
  const rest = others.filter((reference) => !instead.has(reference))
  return {
    differences: [
      ...differing,
      ...rest
        .filter(mayRefuse)
        .map((reference) => ({ what: 'reference', expected: null, found: describeReference(reference) })),
    ],
    extras: rest
      .filter((reference) => !mayRefuse(reference))
      .map((reference) => ({ what: 'reference', name: describeReference(reference), of: '' })),
  }
}

function describeReference({ columns, parent }: ReferenceShape): string {
  return `${inBrackets(columns)} to ${parent}`
}

function compareTriggers(expected: TableShape, found: TableShape): ShapeComparison {
  return {
    differences: expected.triggers
      .filter((name) => !found.triggers.includes(name))
      .map((name) => ({ what: 'trigger', expected: name, found: null })),
    extras: found.triggers
      .filter((name) => !expected.triggers.includes(name))
      .map((name) => ({ what: 'trigger', name, of: '' })),
  }
}

/** Compares checks by their conditions: the server gives names where nobody else does. */
function compareChecks(expected: TableShape, found: TableShape): Difference[] {
  const conditionsOf = ({ checks }: TableShape) => new Set(checks.map(({ condition }) => condition))
  const [wanted, present] = [conditionsOf(expected), conditionsOf(found)]
  return [
    ...[...wanted]
      .filter((condition) => !present.has(condition))
      .map((condition) => ({ what: 'check', expected: condition, found: null })),
    ...found.checks
      .filter(({ condition }) => !wanted.has(condition))
      .map(({ name, condition }) => ({ what: 'check', expected: null, found: `${name} ${condition}`.trimStart() })),
  ]
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((column, at) => column === right[at])
}

/** A difference of the named table as a sentence without its full stop: `seats lacks index (show_id)`. */
export function describeDifference(table: string, { what, expected, found }: Difference): string {
  if (found === null) return `${table} lacks ${what} ${expected}`
  if (expected === null) return `${table} has ${what} ${found}, which may refuse rows`
  return `${table} has ${what} ${found}, and not ${expected}`
}

/** Partitions that are named. */
const mostPartitions = 5

/** Describes a table's extras, one text each; partitions in one: `index by_holder (holder)`, `2 partitions: p0, p1`. */
export function describeExtras(extras: readonly Extra[]): string[] {
  const partitions = extras.filter(({ what }) => what === 'partition').map(({ name }) => name)
  const named = partitions.slice(0, mostPartitions).join(', ')
  const more = partitions.length > mostPartitions ? ', ...' : ''
  return [
    ...extras
      .filter(({ what }) => what !== 'partition')
      .map(({ what, name, of }) => `${what} ${name}${of === '' ? '' : ` ${of}`}`),
    ...(partitions.length === 0
      ? []
      : [`${partitions.length === 1 ? '1 partition' : `${partitions.length} partitions`}: ${named}${more}`]),
  ]
}

/** The shape of a table that is made as it was declared; `typeOf` names a column's type as the engine's catalog does. */
export function expectedShape(table: AnyTable, typeOf: (column: Column) => string): TableShape {
  const declared: [string, Column][] = Object.entries(table.columns)
  return {
    columns: declared.map(([name, column]) => {
      const isNumbered = column.type === 'integer' && column.generated === true
      const type = `${typeOf(column)} ${column.nullable ? 'null' : 'not null'}`
      return { name, type, optional: column.nullable === true || isNumbered }
    }),
    primaryKey: keyColumnsOf(table),
    indexes: [
      ...table.unique.map((columns) => ({ name: '', columns, unique: true, limits: '' })),
      ...table.indexes.map((columns) => ({ name: '', columns, unique: false, limits: '' })),
    ],
    references: table.references.map(({ column, table: parent, key }) => ({
      columns: [column],
      parent: `${parent} (${key})`,
    })),
    triggers: [],
    partitions: [],
    checks: [],
  }
}

/** A list of columns as it is shown: `(holder, show_id)`. */
export function inBrackets(columns: readonly string[]): string {
  return `(${columns.join(', ')})`
}

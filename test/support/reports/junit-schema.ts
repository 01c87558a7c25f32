/** Content that an element of JUnit XML may have, by the schema of Jenkins' xunit plugin (junit-10.xsd). */
interface ElementRule {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  /** Elements that may stand in it, in any number. */
  readonly children: readonly string[]
  readonly hasText: boolean
}

const outcome: ElementRule = { required: [], optional: ['type', 'message'], children: [], hasText: true }

const rules: Readonly<Record<string, ElementRule>> = {
  testsuites: {
    required: [],
    optional: ['name', 'time', 'tests', 'failures', 'errors'],
    children: ['testsuite'],
    hasText: false,
  },
  testsuite: {
    required: ['name', 'tests', 'failures', 'errors'],
    optional: ['group', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url'],
    children: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
    hasText: false,
  },
  testcase: {
    required: ['name'],
    optional: ['time', 'classname', 'group'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
    hasText: false,
  },
  failure: outcome,
  error: outcome,
  skipped: outcome,
}

/** The schema's SUREFIRE_TIME. */
const time = /^(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?$/

const token = /<\?xml [^?]*\?>|<(\/?)([a-zA-Z-]+)((?:\s+[a-zA-Z]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy

/** Returns where `xml` breaks the schema, or is no XML with one `testsuites`; empty where it is valid. */
export function junitFaults(xml: string): string[] {
  const faults: string[] = []
  const open: string[] = []
  let end = 0
  for (const found of xml.matchAll(token)) {
    end = found.index + found[0].length
    const [, close, name, attributes = '', empty, text] = found
    const parent = open.at(-1)
    if (text !== undefined) {
      if (text.trim() !== '' && !(parent && rules[parent]?.hasText)) faults.push(`text in ${parent ?? 'no element'}`)
    } else if (close) {
      if (open.pop() !== name) faults.push(`${name} is closed and was not open`)
    } else if (name !== undefined) {
      faults.push(...elementFaults(name, parent, attributes))
      if (!empty) open.push(name)
    }
  }
  if (end !== xml.length) faults.push(`no XML from ${JSON.stringify(xml.slice(end, end + 40))} on`)
  return [...faults, ...open.map((name) => `${name} is not closed`)]
}

function elementFaults(name: string, parent: string | undefined, text: string): string[] {
  const rule = rules[name]
  const allowed = parent === undefined ? name === 'testsuites' : rules[parent]?.children.includes(name)
  if (!rule || !allowed) return [`${name} in ${parent ?? 'no element'}`]
  const attributes = new Map(
    [...text.matchAll(/([a-zA-Z]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  )
  const given = attributes.get('time')
  return [
    ...rule.required.filter((key) => !attributes.has(key)).map((key) => `${name} without ${key}`),
    ...[...attributes.keys()]
      .filter((key) => ![...rule.required, ...rule.optional].includes(key))
      .map((key) => `${key} of ${name}`),
    ...(given !== undefined && name !== 'testcase' && !time.test(given) ? [`time ${given} of ${name}`] : []),
  ]
}

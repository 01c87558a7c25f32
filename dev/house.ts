// Prints what breaks the rules of the house, and fails where something does: node dev/house.ts [RULE] [PATH]
import { check } from './house/check.ts'

const [rule, path = ''] = process.argv.slice(2)
for (const [name, breaches] of Object.entries(check())) {
  if (rule !== undefined && rule !== name) continue
  const found = breaches.filter((text) => text.includes(path))
  console.log([`${name}: ${found.length}`, ...found].join('\n  '))
  if (found.length > 0) process.exitCode = 1
}

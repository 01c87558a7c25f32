// Prints what breaks the rules of the house: node dev/house.ts [RULE] [PATH]
import { check } from './house/check.ts'

const [rule, path = ''] = process.argv.slice(2)
for (const [name, breaches] of Object.entries(check())) {
  if (rule !== undefined && rule !== name) continue
  console.log(`${name}: ${breaches.length}`)
  if (rule === undefined) continue
  for (const breach of breaches.filter((text) => text.includes(path))) console.log(`  ${breach}`)
}

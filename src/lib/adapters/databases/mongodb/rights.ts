import { databaseIn, userIn, type MissingRight } from '../right.ts'

const onCommand = /^not authorized on (\S+) to execute command \{\s*"?(\w+)/i
const onAction = /not allowed to do action \[(\w+)\] on \[([^.\]]+)/i

/** What MongoDB said no for. Null where it does not say. */
export function findMongoRight(reason: string, url: string): MissingRight | null {
  const [, database = databaseIn(url), command] = onCommand.exec(reason) ?? []
  const [, action, place = database] = onAction.exec(reason) ?? []
  const name = command ?? action
  if (name === undefined) return null
  const user = userIn(url)
  const grant = `db.grantRolesToUser(${JSON.stringify(user)}, [{ role: "readWrite", db: ${JSON.stringify(place)} }])`
  return { right: `the right to ${name} in ${place}`, ...(user !== null && { grant }) }
}

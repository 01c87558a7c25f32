import { databaseIn, type MissingRight } from '../right.ts'

const ofTable = /^([A-Z][A-Z ,]*) command denied to user '(.*?)'@'(.*?)' for (?:column '.*' in )?table (.+)$/
/** MySQL names the table alone. */
const qualified = /^`((?:[^`]|``)+)`\./
const ofDatabase = /^Access denied for user '(.*?)'@'(.*?)' to database '(.*)'$/
const ofServer = /you need \(at least one of\) the (.+?) privilege/

/** What MySQL or MariaDB said no for, in the database of `url`. Null where they do not say. */
export function findMysqlRight(reason: string, url: string): MissingRight | null {
  const table = ofTable.exec(reason)
  if (table) {
    const [, right = '', user = '', host = '', place = ''] = table
    const database = qualified.exec(place)?.[1]?.replaceAll('``', '`') ?? databaseIn(url)
    return { right: `the right ${right}`, grant: grantOf(right, database, user, host) }
  }
  const database = ofDatabase.exec(reason)
  if (database) {
    const [, user = '', host = '', name = ''] = database
    const right = `every right on the database ${name}, or there is none of that name`
    return { right, grant: grantOf('ALL', name, user, host) }
  }
  const server = ofServer.exec(reason)
  return server ? { right: `the right ${server[1]}` } : null
}

function grantOf(right: string, database: string, user: string, host: string): string {
  return `GRANT ${right} ON \`${database.replaceAll('`', '``')}\`.* TO '${user}'@'${host}'`
}

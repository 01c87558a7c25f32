import { userIn, type MissingRight } from '../right.ts'

const ofCommand = /^NOPERM (?:User (\S+) has|this user has) no permissions to run the '(.+?)' command/
/** Of our own script, which asks before it writes. */
const inScript = /^DENIED the user may not use (\S+)/
const ofKey = /^NOPERM .*access.* keys?\b/i

/** What Redis said no for. */
export function findRedisRight(reason: string, url: string): MissingRight {
  const [, told, refused] = ofCommand.exec(reason) ?? []
  const command = refused ?? inScript.exec(reason)?.[1]?.toLowerCase()
  const user = told ?? userIn(url) ?? 'default'
  const rule = (right: string, rules: string): MissingRight => ({ right, grant: `ACL SETUSER ${user} ${rules}` })
  if (command !== undefined) return rule(`the right to ${command}`, `+${command}`)
  if (ofKey.test(reason)) return rule('the right to keys that begin with rushbench:', '~rushbench:*')
  // Of a script it is not said what it was refused.
  return rule('the right to a command of a script', '+@read +@write')
}

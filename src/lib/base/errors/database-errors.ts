import { entry } from './error-entry.ts'

/** For how long it has been so, where that was waited for. */
const lasting = (seconds?: number): string => (seconds ? `, for ${seconds} s now` : '')

/** The errors that a database gives cause for, and its tables. */
export const databaseErrors = {
  'engine-unknown': entry<{ url: string; allowed: readonly string[] }>(
    'usage',
    (d) => `No database engine for ${d.url}. Allowed: ${d.allowed.join(', ')}.`,
  ),
  'url-unreadable': entry<{ url: string; reason: string }>(
    'usage',
    (d) => `The URL ${d.url} cannot be read: ${d.reason}.`,
  ),
  'url-parameter-unknown': entry<{
    url: string
    name: string | null
    meant: string | null
    engine: string
    known: readonly string[]
  }>(
    'usage',
    (d) =>
      `${d.url} has a parameter${d.name === null ? ', not shown because it may be a part of a secret,' : ` ${d.name}`} that is not known for ${d.engine}. ${
        d.known.length === 0 ? 'None is; leave it out.' : `Known: ${d.known.join(', ')}.`
      }${d.meant === null ? '' : ` Did you mean ${d.meant}?`}`,
  ),
  'url-parameter-wrong': entry<{ url: string; name: string; value: string | null; allowed: string }>(
    'usage',
    (d) =>
      `The parameter ${d.name} of ${d.url} cannot be ${d.value === null ? 'what it is' : JSON.stringify(d.value)}. Allowed: ${d.allowed}.`,
  ),
  'certificate-unusable': entry<{ url: string; parameter: string; file: string; reason: string }>(
    'usage',
    (d) =>
      `The file ${d.file}, which ${d.parameter} of ${d.url} names, cannot be used: ${d.reason}. Nothing was connected to.`,
  ),
  'encryption-refused': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `No encrypted connection to ${d.url} as its URL asks for it: ${d.reason}. Nothing was sent in plain text; docs/databases.md lists what the URL can ask for.`,
  ),
  'database-unreachable': entry<{ url: string; reason: string; seconds?: number }>(
    'error',
    (d) =>
      `Cannot reach the database ${d.url}${lasting(d.seconds)}: ${d.reason}. Is the server running, and are host and port right?`,
  ),
  'database-denied': entry<{ url: string; reason: string }>(
    'error',
    (d) => `The database ${d.url} refused the login: ${d.reason}. Check the user name, the password and its rights.`,
  ),
  'database-missing': entry<{ url: string; reason: string }>(
    'error',
    (d) => `The database ${d.url} does not exist: ${d.reason}. Create it first, or name another one with --db.`,
  ),
  'schema-missing': entry<{ url: string; schema: string | null }>('error', (d) =>
    d.schema === null
      ? `The search path in ${d.url} names no schema that is there. Name one, or leave it out for the user's own.`
      : `${d.url} names the schema ${d.schema}, in which its sessions do not work: it is not there, this user may not use it, or a pooler did not hand the name on. No other one was taken for it. Create it first ("create schema"), grant USAGE on it, or name another.`,
  ),
  'database-not-ours': entry<{ url: string; reason: string }>(
    'error',
    (d) => `${d.url} is not a database that can be used: ${d.reason}. Name another one with --db.`,
  ),
  'database-lost': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `The connection to ${d.url} was lost: ${d.reason}. What was committed before is kept; start the server and run the command again.`,
  ),
  'log-unavailable': entry<{ url: string; reason: string; polls: boolean }>(
    'usage',
    (d) =>
      `The log of the database ${d.url} cannot be followed: ${d.reason}. ${d.polls ? 'The relay looks into the table instead (--relay poll does so without this notice)' : 'Mend that, or leave --relay log out: then the relay looks into the table instead'}.`,
  ),
  'log-lost': entry<{ table: string; reason: string }>(
    'error',
    (d) =>
      `The log of the database is not followed for ${d.table}: ${d.reason}. The relay looks into the table until it is followed again, which is tried every few seconds.`,
  ),
  'database-busy': entry<{ url: string; reason: string; seconds?: number; holder?: string; end?: string | null }>(
    'error',
    (d) => {
      const start = d.seconds ? `Gave up on ${d.url} after ${d.seconds} s` : `The database ${d.url} is busy`
      if (d.holder === undefined)
        return `${start}: ${d.reason}. Others hold what is needed: wait until they have ended, or end them; then try again.`
      const remedy = d.end ? `End it with "${d.end}", or wait until it has ended` : 'Wait until it has ended, or end it'
      return `${start}: ${d.holder} (${d.reason}). ${remedy}; then try again.`
    },
  ),
  'connections-exhausted': entry<{ url: string; reason: string; seconds?: number; limit?: string }>(
    'error',
    (d) =>
      `The server of ${d.url} takes no more connections${lasting(d.seconds)}: ${d.reason}. Ask for fewer with --connections, --concurrency or --db-pool, end others, or raise its limit (${d.limit ?? 'max_connections'}). Seeding and timed inserts take one more than they are told, and two at the least.`,
  ),
  'right-missing': entry<{ url: string; reason: string; right?: string; grant?: string }>(
    'error',
    (d) =>
      `The user of ${d.url} lacks ${d.right ?? 'a right'}: ${d.reason}. Grant it${d.grant === undefined ? '' : ` with "${d.grant}"`}, or name another user; docs/databases.md lists the rights that each command needs.`,
  ),
  'statement-timeout': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `The server of ${d.url} ended a statement that took longer than it allows: ${d.reason}. Raise that limit for this user (statement_timeout, max_statement_time or max_execution_time), or do less at once.`,
  ),
  'packet-too-large': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `The server of ${d.url} takes no statement as long as this one: ${d.reason}. Raise its max_allowed_packet to 16 MB or more.`,
  ),
  'tables-depended-on': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `The tables in ${d.url} cannot be dropped, because something of yours depends on them: ${d.reason}. Nothing was dropped; remove what depends on them first.`,
  ),
  'database-read-only': entry<{ url: string; reason: string; seconds?: number }>(
    'error',
    (d) =>
      `The database ${d.url} takes no writes${lasting(d.seconds)}: ${d.reason}. Is it a replica, is it set to be read only, or is a new primary being chosen? Name the primary, or try again when it takes writes.`,
  ),
  'file-read-only': entry<{ url: string; reason: string; remedy: string }>(
    'error',
    (d) => `The file of ${d.url} cannot be written to: ${d.reason}. ${d.remedy}.`,
  ),
  'file-damaged': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `The file of ${d.url} is damaged: ${d.reason}. Put back a copy of it, or remove it, with the -wal and -shm beside it, and begin anew with "rushbench migrate".`,
  ),
  'file-unusable': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `The disk would not read or write the file of ${d.url}: ${d.reason}. What was committed before is kept as far as the disk keeps it; look at the disk and at the system's log, then run the command again.`,
  ),
  'read-only-unsupported': entry<{ url: string; engine: string }>(
    'usage',
    (d) =>
      `${d.engine} has no sessions that can change nothing, and ${d.url} may hold what is somebody else's: nothing was sent. Give --own-data where all of it may be changed.`,
  ),
  'memory-full': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `The server of ${d.url} may use no more memory: ${d.reason}. What was stored before is kept; raise its maxmemory, or remove data of others, and run the command again.`,
  ),
  'server-cannot-save': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `The server of ${d.url} takes no writes, because it cannot save what it holds: ${d.reason}. Its log says why: free space on its disk, or let it write to its folder; then run the command again.`,
  ),
  'outcome-unknown': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `The database ${d.url} did not say whether it has stored what it was given: ${d.reason}. It was not given again; look at what is there first.`,
  ),
  'disk-full': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `No space left for ${d.url}: ${d.reason}. What was committed before is kept; free some space and run the command again.`,
  ),
  'session-unfit': entry<{ url: string; reason: string }>(
    'error',
    (d) =>
      `A session of ${d.url} does not have what its figures rest on: ${d.reason}. It was set and did not stay so, or may not be set by this user: change the default of the server, the database or the user, and name the server itself rather than a proxy in front of it.`,
  ),
  'tables-missing': entry<{ tables: readonly string[]; url: string; migrate?: string }>(
    'error',
    (d) => `${d.url} has no table ${d.tables.join(', ')}. Run "${d.migrate ?? 'rushbench migrate'}" first.`,
  ),
  'table-foreign': entry<{ tables: readonly string[]; url: string }>(
    'error',
    (d) =>
      `${d.url} has a table ${d.tables.join(', ')} that rushbench did not create, so it is left alone. Name an empty database with --db.`,
  ),
  'table-outdated': entry<{ tables: readonly string[]; url: string }>(
    'error',
    (d) =>
      `${d.url} has a table ${d.tables.join(', ')} made by another version of rushbench, or with other settings. Run "rushbench migrate --down", then "rushbench migrate".`,
  ),
  'tables-behind': entry<{ tables: readonly string[]; url: string; migrate?: string }>(
    'error',
    (d) =>
      `${d.url} has a table ${d.tables.join(', ')} as an earlier version of rushbench made it. Run "${d.migrate ?? 'rushbench migrate'}" to bring it up to date; with --dry-run it shows how.`,
  ),
  'migration-changed': entry<{ url: string; workload: string; step: number; name: string }>(
    'error',
    (d) =>
      `Step ${d.step} of ${d.workload} (${d.name}) was applied to ${d.url} with other changes than it has now. Use the version of rushbench that applied it, or begin anew with "rushbench migrate --down".`,
  ),
  'migration-newer': entry<{ url: string; workload: string; step: number }>(
    'error',
    (d) =>
      `The tables of ${d.workload} in ${d.url} are at step ${d.step}, which this version of rushbench does not know. Use the newer version that applied it.`,
  ),
  'migration-target': entry<{ workload: string; to: number; version: number; last: number }>('usage', (d) =>
    d.to > d.last
      ? `${d.workload} has no step ${d.to}: the last is ${d.last}. "rushbench migrate --status" lists them.`
      : `The tables of ${d.workload} are at step ${d.version} already, and steps are not taken back. "rushbench migrate --down" drops the tables and all that is in them.`,
  ),
  'migration-running': entry<{ url: string; workload: string; owner: string }>(
    'error',
    (d) =>
      `Another migration of ${d.workload} works on ${d.url}: that of ${d.owner}. Nothing was changed; try again when it has ended.`,
  ),
  'step-failed': entry<{
    url: string
    step: number
    name: string
    workload: string
    reason: string
    isWhole: boolean
  }>(
    'error',
    (d) =>
      `Step ${d.step} of ${d.workload} (${d.name}) failed in ${d.url}: ${d.reason}. The steps before it are applied${d.isWhole ? ', and nothing of it is' : '; what was done of it is kept, and not done again'}. Mend the cause, and run "rushbench migrate" again.`,
  ),
  'table-unsupported': entry<{ engine: string; table: string; reason: string }>(
    'usage',
    (d) =>
      `${d.engine} cannot hold the table ${d.table} as its workload needs it: ${d.reason}. Name a database of MySQL, MariaDB, PostgreSQL or SQLite with --db.`,
  ),
  'migration-failed': entry<{ url: string; reason: string; left: readonly string[] }>(
    'error',
    (d) =>
      `The tables could not be made in ${d.url}: ${d.reason}. ${
        d.left.length === 0
          ? 'Nothing was left half done.'
          : `Left behind, to be dropped by hand: ${d.left.join(', ')}.`
      }`,
  ),
}

import { formatCount } from '../format.ts'
import { entry } from './error-entry.ts'

/** Begins a sentence. */
const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

/** Errors of seeding and of timed inserts. */
export const seedingErrors = {
  'seeding-unfinished': entry<{ url: string; rows: number }>('error', (d) =>
    d.rows === 0
      ? `Timed inserts into ${d.url} are under way, or were cut off: the stock of the slots is not true for them. If nobody makes them any more, mend it by "rushbench insert-reservations --abandon".`
      : `A seeding of ${formatCount(d.rows)} rows into ${d.url} was not finished. Go on with it by "rushbench insert-reservations --resume", or keep what is stored and forget the rest with "--abandon".`,
  ),
  'seeding-unreadable': entry<{ url: string }>(
    'error',
    (d) =>
      `${d.url} has an unfinished seeding that another version of rushbench began. Finish it with that version, or start over with "rushbench migrate --down".`,
  ),
  'seeding-broken': entry<{ url: string }>(
    'error',
    (d) =>
      `The journal of an unfinished seeding of ${d.url} is not whole: a part of it was dropped or removed, and nobody can tell which of its rows are stored, so that it cannot be gone on with. Keep what is stored and forget the rest by "rushbench insert-reservations --abandon", which counts the stock anew.`,
  ),
  'seeding-held': entry<{ url: string; owner: string; seconds?: number }>(
    'error',
    (d) =>
      `${capital(d.owner)} is at work on the seeding of ${d.url}${d.seconds === undefined ? '' : `, for ${formatCount(d.seconds)} s now`}. Wait until it has ended, or end it; then try again.`,
  ),
  'seeding-taken': entry<{ url: string; owner: string }>(
    'error',
    (d) =>
      `${capital(d.owner)} has taken over the seeding of ${d.url}, because this one gave no sign of life for a while. It goes on there; what was stored here is counted.`,
  ),
  'seeding-gone': entry<{ url: string }>(
    'error',
    (d) =>
      `The journal of this seeding is gone from ${d.url}: another process has forgotten it or dropped the tables. What was stored until then may be there still; begin anew with "rushbench migrate --down".`,
  ),
  'seeding-remains': entry<{ url: string; tables: readonly string[] }>(
    'error',
    (d) =>
      `${d.url} has a table ${d.tables.join(', ')} without rushbench's mark: a seeding whose journal was dropped while it ran may have left it, or it is somebody else's. If nobody needs it, drop it by hand; then try again.`,
  ),
  'seeding-other': entry<{ url: string; wanted: string; unfinished: string }>(
    'usage',
    (d) =>
      `${d.url} has an unfinished seeding by ${d.unfinished}, and not by ${d.wanted}. Go on with it by "--resume" alone, or forget the rest of it with "--abandon" first.`,
  ),
  'seeding-none': entry<{ url: string }>(
    'error',
    (d) =>
      `There is no unfinished seeding in ${d.url}. Begin one by "rushbench insert-reservations" with --rows or --number.`,
  ),
  'filling-unfinished': entry<{ url: string; workload: string }>(
    'error',
    (d) =>
      `The filling of the tables of ${d.workload} in ${d.url} was not finished. Go on with it by "rushbench migrate --fill --workload ${d.workload}" and the settings that it was begun with, or begin anew with "rushbench migrate --down --workload ${d.workload}".`,
  ),
  'filling-broken': entry<{ url: string; workload: string }>(
    'error',
    (d) =>
      `The journal of an unfinished filling of the tables of ${d.workload} in ${d.url} does not fit them any more: a part of it, or a table, was dropped, and nobody can tell which rows are stored. Begin anew with "rushbench migrate --down --workload ${d.workload}".`,
  ),
  'filling-other': entry<{
    url: string
    workload: string
    table: string
    filled: string
    wanted: string | null
    /** The last table of a filling that is unfinished. */
    last?: string
  }>('usage', (d) => {
    const filled =
      d.last === undefined ? `was filled by ${d.filled}` : `is being filled by ${d.filled}, up to ${d.last}`
    const wanted = d.wanted === null ? 'is not among the tables asked for' : `${d.wanted} was asked for`
    return `The table ${d.table} in ${d.url} ${filled}, and ${d.wanted === null ? wanted : `now ${wanted}`}. Give the settings that it was filled by, or drop the tables with all that is in them by "rushbench migrate --down --workload ${d.workload}".`
  }),
  'filling-remains': entry<{ url: string; workload: string; table: string }>(
    'error',
    (d) =>
      `The table ${d.table} in ${d.url} has rows, and nothing says that they are all: its filling was forgotten, or somebody else has written to it. Drop the tables with all that is in them by "rushbench migrate --down --workload ${d.workload}", then try again.`,
  ),
  'no-slots': entry<{ url: string }>(
    'error',
    (d) => `${d.url} has no slots to book. Run "rushbench insert-schedules" first.`,
  ),
  'capacity-exceeded': entry<{ rows: number; free: number; capacity?: number }>(
    'error',
    (d) =>
      `${formatCount(d.rows)} reservations do not fit: the slots have ${formatCount(d.free)} places left. Make more with "rushbench insert-schedules --capacity ${d.capacity ?? 'N'}", which also raises the places of the slots that are there.`,
  ),
  'rows-differ': entry<{ sent: number; stored: number; warnings: number }>(
    'error',
    (d) =>
      `Of ${formatCount(d.sent)} rows sent, ${formatCount(d.stored)} were stored, with ${formatCount(d.warnings)} warnings; this block was rolled back. The table holds rows that clash with the new ones, or something of yours refuses them: "rushbench migrate --status" names what may.`,
  ),
  'insert-dropped': entry<{ url: string }>(
    'error',
    (d) =>
      `The server of ${d.url} took an insert and answered that it stored nothing: a trigger or a rule of yours drops the rows, so that their times would say nothing. Remove it first; "rushbench migrate --status" names what is there beside what rushbench makes.`,
  ),
  'inserts-unsettled': entry<{ reason: string }>(
    'error',
    (d) =>
      `${d.reason.replace(/\.?$/, '.')} The stock of the slots is not true for what was inserted: mend it by "rushbench insert-reservations --abandon".`,
  ),
  'seeding-unknown': entry<{ folder: string; url: string }>(
    'usage',
    (d) =>
      `The reports in ${d.folder} do not say how ${d.url} was filled from its first row on, so that there is nothing to check it against. Name the folder with --reports; rows that came in other ways than by seeding cannot be verified.`,
  ),
  'rows-added': entry<{ seeded: number; found: number }>(
    'error',
    (d) =>
      `The table has ${formatCount(d.found)} rows, and ${formatCount(d.seeded)} were seeded: the others were booked or inserted since, so that a checksum over all of them says nothing. Verify before others write.`,
  ),
  'sweep-unfinished': entry<{ reason: string; path: string; measured: number; sizes: number }>(
    'error',
    (d) =>
      `${d.reason.replace(/\.?$/, '.')} What was measured at ${d.measured} of ${d.sizes} table sizes is in ${d.path}; go on with "rushbench insert-reservation-bench --resume".`,
  ),
  'stream-unfinished': entry<{ reason: string; path: string; rows: number }>(
    'error',
    (d) =>
      `${d.reason.replace(/\.?$/, '.')} What was measured up to ${formatCount(d.rows)} rows is in ${d.path}; a stream from there on is begun with the same --stream and --rows.`,
  ),
  'sweep-none': entry<{ folder: string }>(
    'usage',
    (d) =>
      `There is no sweep to go on with: no report in ${d.folder} says of this database that sizes are missing. Name --reports and --db as they were, or begin one with --at or --rows.`,
  ),
}

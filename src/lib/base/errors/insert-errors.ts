import { entry } from './error-entry.ts'

/** A number as people read it: 39,456. */
const count = (value: number): string => value.toLocaleString('en-US')

/** What may go wrong while rows are inserted or checked. */
export const insertErrors = {
  'no-slots': entry<{ url: string }>(
    'error',
    (d) => `${d.url} has no slots to book. Run "rushbench insert-schedules" first.`,
  ),
  'capacity-exceeded': entry<{ rows: number; free: number; capacity?: number }>(
    'error',
    (d) =>
      `${count(d.rows)} reservations do not fit: the slots have ${count(d.free)} places left. Make more with "rushbench insert-schedules --capacity ${d.capacity ?? 'N'}", which also raises the places of the slots that are there.`,
  ),
  'rows-differ': entry<{ sent: number; stored: number; warnings: number }>(
    'error',
    (d) =>
      `Of ${count(d.sent)} rows sent, ${count(d.stored)} were stored, with ${count(d.warnings)} warnings; this block was rolled back. The table holds rows that clash with the new ones, or something of yours refuses them: "rushbench migrate --status" names what may.`,
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
      `The reports in ${d.folder} do not say how ${d.url} was filled from its first row on, so that there is nothing to hold it against. Name the folder with --reports; rows that came in other ways than by seeding cannot be verified.`,
  ),
  'rows-added': entry<{ seeded: number; found: number }>(
    'error',
    (d) =>
      `The table has ${count(d.found)} rows, and ${count(d.seeded)} were seeded: the others were booked or inserted since, so that a checksum over all of them says nothing. Verify before others write.`,
  ),
  'sweep-unfinished': entry<{ reason: string; path: string; measured: number; sizes: number }>(
    'error',
    (d) =>
      `${d.reason.replace(/\.?$/, '.')} What was measured at ${d.measured} of ${d.sizes} table sizes is in ${d.path}; go on with "rushbench insert-reservation-bench --resume".`,
  ),
  'stream-unfinished': entry<{ reason: string; path: string; rows: number }>(
    'error',
    (d) =>
      `${d.reason.replace(/\.?$/, '.')} What was measured up to ${count(d.rows)} rows is in ${d.path}; a stream from there on is begun with the same --stream and --rows.`,
  ),
  'sweep-none': entry<{ folder: string }>(
    'usage',
    (d) =>
      `There is no sweep to go on with: no report in ${d.folder} says of this database that sizes are missing. Name --reports and --db as they were, or begin one with --at or --rows.`,
  ),
}

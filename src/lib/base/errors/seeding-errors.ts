import { entry } from './error-entry.ts'

/** A number as people read it: 39,456. */
const count = (value: number): string => value.toLocaleString('en-US')

/** Begins a sentence. */
const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`

/** The errors that seeding gives cause for. */
export const seedingErrors = {
  'seeding-unfinished': entry<{ url: string; rows: number }>('error', (d) =>
    d.rows === 0
      ? `Timed inserts into ${d.url} are under way, or were cut off: the stock of the slots is not true for them. If nobody makes them any more, mend it by "rushbench insert-reservations --abandon".`
      : `A seeding of ${count(d.rows)} rows into ${d.url} was not finished. Go on with it by "rushbench insert-reservations --resume", or keep what is stored and forget the rest with "--abandon".`,
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
      `${capital(d.owner)} is at work on the seeding of ${d.url}${d.seconds === undefined ? '' : `, for ${count(d.seconds)} s now`}. Wait until it has ended, or end it; then try again.`,
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
}

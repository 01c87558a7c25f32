import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { LockHolder } from '../waits.ts'

const lock = "the file's lock"

/** Finds the process that keeps a SQLite file locked against writing, as Linux tells it; elsewhere it is another process. */
export function findFileHolder(path: string): LockHolder {
  const pid = findPid(path)
  if (pid === process.pid)
    return { lock, name: 'another connection of this process', about: '', isSure: true, end: null }
  if (pid === null) return { lock, name: 'another process', about: '', isSure: true, end: null }
  const words = commandOf(pid)
  const about = basename(words[0] ?? '')
  return { lock, name: `process ${pid}`, about, isSure: true, end: `kill ${pid}`, ...(seeds(words) && { seeds: true }) }
}

function findPid(path: string): number | null {
  try {
    // In WAL mode the locks are on the index of the log.
    const files = [path, `${path}-shm`].flatMap(inodeOf)
    return pickPid(readFileSync('/proc/locks', 'utf8'), files)
  } catch {
    return null
  }
}

/**
 * The process that has locked one of `files` for writing, in the text of /proc/locks; null when there is none, or when it
 * is in another container. A line is `1: POSIX  ADVISORY  WRITE 812 fd:00:2531452 120 120`; waiting ones have an arrow.
 */
export function pickPid(locks: string, files: readonly string[]): number | null {
  for (const line of locks.split('\n')) {
    const [, kind, , access, pid, file = ''] = line.trim().split(/\s+/)
    if (kind === 'POSIX' && access === 'WRITE' && files.includes(file) && Number(pid) > 0) return Number(pid)
  }
  return null
}

/** As /proc/locks names a file: the device in hexadecimal, and the inode. */
function inodeOf(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return []
  const { dev, ino } = found
  const major = (dev >>> 8) & 0xfff
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00)
  const hex = (value: number): string => value.toString(16).padStart(2, '0')
  return [`${hex(major)}:${hex(minor)}:${ino}`]
}

/** Its program and arguments; none where it has ended meanwhile. What is called its name is that of a thread. */
function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** A seeding says so in the database, which nobody can read while it has the file locked. */
export function seeds([, entry = '', command = '']: readonly string[]): boolean {
  return command === 'insert-reservations' && /rushbench|mytool|\brun\.js$/.test(entry)
}

/** A right that a user lacks. */
export interface MissingRight {
  /** `the right INSERT`. */
  readonly right: string
  /** The statement that mends it; left out where it takes more than one to know it. */
  readonly grant?: string
}

/** The user in a URL that may name several hosts; null where it names none. */
export function userIn(url: string): string | null {
  const [, user = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^:@/?#]*)(?=[:@])[^/?#]*@/i.exec(url) ?? []
  try {
    return decodeURIComponent(user) || null
  } catch {
    return user
  }
}

/** The database in a URL; '' where it names none. */
export function databaseIn(url: string): string {
  const [, name = ''] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*\/([^/?#]*)/i.exec(url) ?? []
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

/** For audits that ask nothing in SQL. */
export const openDatabaseClient = (): Promise<never> =>
  Promise.reject(new Error('nobody was to ask the database in SQL'))

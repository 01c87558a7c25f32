/** A day as the original shows it. */
export interface OriginalDay {
  readonly location: string
  /** `20210516` */
  readonly date: string
  /** Places that are left. */
  readonly availability: number
}

/** The statuses of the original. */
export const originalStatuses = { bookedStatuses: [200], conflictStatuses: [400] } as const

/** The station whose days the original's clients ask for; it lists no others. */
export const originalStation = 'PWTC'

/** Called during long work with its name, and with how much of it is done. */
export type OnProgress = (work: string, done: number, of: number) => void

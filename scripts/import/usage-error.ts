/** A mistake in how a script was called or in the file it was given: its message is for the person, without a stack. */
export class UsageError extends Error {}

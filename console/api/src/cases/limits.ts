/** A private value that is typed in, characters. */
export const PRIVATE_TEXT_CHARS_MAX = 256;
/** Events of one record that are shown, newest. */
export const EVENTS_SHOWN_MAX = 50;

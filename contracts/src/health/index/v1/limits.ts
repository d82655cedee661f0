/** Documents of one operation: 100 of them stay below the 64 KiB of arguments. */
export const DOCUMENTS_MAX = 100;

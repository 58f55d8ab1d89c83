// How files of evidence are read where they do not say it themselves: what the API calls it, and what people do.

/** The parameters of the API, each with what the page calls it, as on the page of evidence. */
export const READING = {
  source: "Read as",
  zone: "Time zone",
  year: "Year",
  from: "From",
  to: "Until",
  anchor: "Begins at",
  channel: "Channels",
  thread: "Threads",
  map: "Columns",
} as const;
export type Reading = Record<keyof typeof READING, string>;

/** A sentence of the API that names its parameters, with the words of the page. */
export function inWords(text: string): string {
  return text.replace(/`([a-z]+)(?:=([^`]*))?`/g, (whole, name: string, value: string | undefined) => {
    if (!Object.hasOwn(READING, name)) return whole;
    const label = READING[name as keyof Reading];
    // What is to be written there is no more than a name in capitals, or says how.
    return value?.includes("=") ? `“${label}”: \`${value}\`` : `“${label}”`;
  });
}

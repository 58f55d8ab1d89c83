// What all views share: the text, what the server says of it, and the few things that they ask of the page around them.
import type { Text } from "./document";
import type { Advice, Answer, Operation, Words, You } from "./protocol";
import type { Socket } from "./socket";

export interface Desk {
  readonly text: Text;
  readonly socket: Socket;
  /** What the engine said last of each part. */
  readonly advice: Required<Omit<Advice, "type">>;
  words: Words;
  you: You | null;
  /** Where the document stands in the API: `/api/v1/postmortems/INC-0042`. */
  readonly api: string;
  /** The incident's ID. */
  id: string;
  nonce: string;
  announce(what: string, isUrgent?: boolean): void;
  /** Asks the server, makes the edits that it answers, and says what went wrong. */
  ask(operation: Operation): Promise<Answer>;
  /** A word at the foot of the page that goes away by itself, with a button where something can be done about it. */
  tell(what: string, hint?: string | null, button?: { label: string; act: () => void }): void;
  /** Shows a place in the text view. */
  show(index: number): void;
  /** Tells the others where one is. */
  present(anchor: number, head: number): void;
}

const FIRST_MS = 500;
const EVERY_MS = 6_000;
const MAX_CHARACTERS = 120;

/** Tells a screen reader what came, at most every six seconds however much it is: the newest message, and how many before it. */
export function createAnnouncer(region: HTMLElement): (author: string, text: string) => void {
  let waiting = 0;
  let newest = '';
  let isDue = false;

  const announce = (): void => {
    isDue = waiting > 0;
    if (!isDue) return;
    region.textContent = waiting === 1 ? newest : `${waiting} new messages. ${newest}`;
    waiting = 0;
    setTimeout(announce, EVERY_MS);
  };

  return (author, text) => {
    waiting += 1;
    newest = `${author}: ${text.slice(0, MAX_CHARACTERS)}`;
    if (isDue) return;
    isDue = true;
    setTimeout(announce, FIRST_MS);
  };
}

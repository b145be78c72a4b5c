import { describe } from '@jest/globals';
import { describeAppend } from './contract/append-contract.ts';
import { describeData } from './contract/data-contract.ts';
import { describeDirectory } from './contract/directory-contract.ts';
import { describeFencing } from './contract/fencing-contract.ts';
import { describeHistory } from './contract/history-contract.ts';
import { describeMarks } from './contract/mark-contract.ts';
import { describeMigrate } from './contract/migrate-contract.ts';
import { describePrivacy } from './contract/privacy-contract.ts';
import { describeReader } from './contract/reader-contract.ts';
import { describeSearch } from './contract/search-contract.ts';
import { describeSession } from './contract/session-contract.ts';
import { type OpenDatabase, useEventLog } from './support/use-event-log.ts';

/** What every database behind an EventLog must do. `openDatabase` gives each test an empty one. */
export function describeEventLogContract(name: string, openDatabase: OpenDatabase): void {
  describe(`event log on ${name}`, () => {
    const current = useEventLog(openDatabase);
    describeAppend(current);
    describeFencing(current);
    describeSession(current);
    describeData(current);
    describeReader(current);
    describeHistory(current);
    describeSearch(current);
    describeMigrate(current);
    describeMarks(current);
    describeDirectory(current);
    describePrivacy(current);
  });
}

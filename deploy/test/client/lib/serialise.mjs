/** The text of a transcript; one line per value, so that version control shows what changed. */
export function serialise(transcript) {
	return `${JSON.stringify(transcript, null, "\t")}\n`;
}

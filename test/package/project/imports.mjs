/** In a user's project: imports what the arguments name, and prints how many names each exports. */
for (const entry of process.argv.slice(2)) {
  const names = Object.keys(await import(entry));
  if (names.length === 0) throw new Error(`${entry} exports nothing`);
  console.log(`${entry}: ${names.length} names`);
}

// The browser's part of recorder.py: a function of what it is given. It records
// a sentence and hands it to Jupyter as a .wav.
((given) => {
  const place = document.getElementById(given.id);
  const page = document.getElementById("jupyter-config-data");
  const jupyter = page ? JSON.parse(page.textContent).baseUrl : null;
  const [text, button, again, said] = place.children;
  let next = 0, recorder = null, stream = null;

  const show = (message) => {
    const done = next >= given.sentences.length;
    const counted = `${next + 1}/${given.sentences.length}`;
    text.textContent = done ? given.words.done : `${counted}: ${given.sentences[next]}`;
    button.textContent = recorder ? given.words.stop : given.words.record;
    button.disabled = done && !recorder;
    again.textContent = given.words.again;
    again.disabled = !!recorder || next === 0;
    said.textContent = message || "";
  };

  // PCM of 16 bit, one channel, 16 kHz.
  const asWav = (samples) => {
    const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const put = (at, letters) =>
      [...letters].forEach((c, n) => view.setUint8(at + n, c.charCodeAt(0)));
    put(0, "RIFF"); put(8, "WAVEfmt "); put(36, "data");
    view.setUint32(4, 36 + 2 * samples.length, true);
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true); view.setUint16(22, 1, true);
    view.setUint32(24, 16000, true); view.setUint32(28, 32000, true);
    view.setUint16(32, 2, true); view.setUint16(34, 16, true);
    view.setUint32(40, 2 * samples.length, true);
    samples.forEach((x, n) =>
      view.setInt16(44 + 2 * n, 32767 * Math.max(-1, Math.min(1, x)), true));
    return new Uint8Array(view.buffer);
  };

  const put = async (name, format, content) => {
    const [, token] = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/) || [];
    const path = [...given.folder.split("/"), name].map(encodeURIComponent).join("/");
    const answer = await fetch(`${jupyter}api/contents/${path}`, {
      method: "PUT",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-XSRFToken": token || "" },
      body: JSON.stringify({ type: "file", format, content }),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  };

  const keep = async (blob) => {
    const context = new AudioContext({ sampleRate: 16000 });
    const sound = await context.decodeAudioData(await blob.arrayBuffer());
    context.close();
    const bytes = asWav(sound.getChannelData(0));
    let binary = "";
    bytes.forEach((byte) => (binary += String.fromCharCode(byte)));
    const name = given.files[next];
    await put(name, "base64", btoa(binary));
    const lines = given.files.slice(0, next + 1).map((f, n) => `${f},${given.sentences[n]}`);
    await put("transcripts.csv", "text", [...given.table, ...lines, ""].join("\n"));
    next += 1;
    return `${name}: ${sound.duration.toFixed(1)} s`;
  };

  button.onclick = async () => {
    if (recorder) return recorder.stop();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (error) {
      return show(`${given.words.refused} (${error.name})`);
    }
    const parts = [];
    recorder = new MediaRecorder(stream);
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = async () => {
      stream.getTracks().forEach((track) => track.stop());
      recorder = null;
      keep(new Blob(parts)).then(show, (error) => show(`${given.words.lost} (${error.message})`));
    };
    recorder.start();
    show();
  };
  again.onclick = () => { next -= 1; show(); };
  show(jupyter === null ? given.words.elsewhere : "");
  button.disabled = button.disabled || jupyter === null;
})

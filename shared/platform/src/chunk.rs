//! A scope's chunk while it is written: lines leave memory as compressed bytes.

use std::io::{self, BufRead, BufReader};

use miyabi_types::world::ChunkLine;

/// Bytes of lines that are compressed together. Larger blocks are hardly smaller.
const BLOCK: usize = 256 * 1024;

/// zstd's own default.
const LEVEL: i32 = 3;

/// Lines on their way into a chunk (NDJSON, zstd). The same lines in the same order are the same bytes.
#[derive(Debug, Default)]
pub struct ChunkWriter {
    block: Vec<u8>,
    frames: Vec<u8>,
    failed: Option<io::Error>,
}

impl ChunkWriter {
    /// Takes up what [`Self::finish`] gave before.
    pub const fn resume(frames: Vec<u8>) -> Self {
        Self { block: Vec::new(), frames, failed: None }
    }

    /// What it was taken up from, and whatever was compressed since.
    pub fn written(&self) -> &[u8] {
        &self.frames
    }

    /// Adds a line. What goes wrong is told by [`Self::finish`].
    pub fn push(&mut self, line: &ChunkLine) {
        if let Err(error) = serde_json::to_writer(&mut self.block, line) {
            self.failed.get_or_insert(error.into());
        }
        self.block.push(b'\n');
        self.compress_from(BLOCK);
    }

    /// Adds all of another's lines.
    pub fn append(&mut self, other: Self) {
        if !other.frames.is_empty() {
            self.compress_from(1);
            self.frames.extend_from_slice(&other.frames);
        }
        self.block.extend_from_slice(&other.block);
        self.failed = self.failed.take().or(other.failed);
        self.compress_from(BLOCK);
    }

    /// The chunk; of no lines, no bytes.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        self.compress_from(1);
        self.failed.map_or(Ok(self.frames), Err)
    }

    fn compress_from(&mut self, least: usize) {
        if self.block.len() < least {
            return;
        }
        match zstd::bulk::compress(&self.block, LEVEL) {
            Ok(frame) => self.frames.extend_from_slice(&frame),
            Err(error) => drop(self.failed.get_or_insert(error)),
        }
        self.block.clear();
    }
}

/// The lines of a chunk. Frames that follow each other are one text.
pub fn read(bytes: &[u8]) -> io::Result<Vec<ChunkLine>> {
    lines(bytes)?.collect()
}

/// The same one after the other, each read when it is asked for.
pub fn lines(bytes: &[u8]) -> io::Result<impl Iterator<Item = io::Result<ChunkLine>>> {
    let mut text = BufReader::with_capacity(BLOCK, zstd::Decoder::new(bytes)?);
    let mut line = Vec::new();
    Ok(std::iter::from_fn(move || {
        line.clear();
        // Of no lines there are no bytes, which are no frame either.
        if bytes.is_empty() {
            return None;
        }
        match text.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_slice(&line).map_err(Into::into)),
            Err(error) => Some(Err(error)),
        }
    }))
}

#[cfg(test)]
mod tests {
    use miyabi_types::{
        costs::{CostHistory, DailyCost},
        evidence::Evidence,
    };

    use super::*;

    fn line(micros: i64) -> ChunkLine {
        let date = "2026-03-01".parse().unwrap();
        let daily =
            vec![DailyCost { date, service: "EC2".repeat(1000), micros, amortized_micros: None }];
        ChunkLine::Costs { costs: Evidence::Known(CostHistory { daily, ..CostHistory::default() }) }
    }

    fn written(lines: impl IntoIterator<Item = i64>) -> ChunkWriter {
        let mut writer = ChunkWriter::default();
        lines.into_iter().for_each(|micros| writer.push(&line(micros)));
        writer
    }

    #[test]
    fn lines_come_back_in_order_however_many_blocks_they_take() {
        let writer = written(0..300);
        assert!(writer.frames.len() < BLOCK && !writer.frames.is_empty(), "compressed on the way");
        let lines = read(&writer.finish().unwrap()).unwrap();
        assert_eq!(lines, (0..300).map(line).collect::<Vec<_>>());
        assert_eq!(read(&written([]).finish().unwrap()).unwrap(), []);
    }

    #[test]
    fn parts_put_together_are_one_chunk() {
        for (first, second) in [(0..3, 3..5), (0..300, 300..301), (0..1, 1..300), (0..0, 0..2)] {
            let mut writer = written(first.clone());
            writer.append(written(second.clone()));
            let again = ChunkWriter::resume(writer.finish().unwrap());
            let lines = read(&again.finish().unwrap()).unwrap();
            assert_eq!(lines, first.chain(second).map(line).collect::<Vec<_>>());
        }
    }
}

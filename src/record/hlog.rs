//! `latency.hlog`: an HdrHistogram interval log (version 1.3, V2 histograms) that the standard tools read.
//!
//! One tag a stack holds its response times second by second; one tag a stack, route and kind of latency
//! (`prod/notes/service`) holds the whole measured part. Values are nanoseconds; the log's maxima are milliseconds.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};
use jiff::Timestamp;

/// File name of the log in its folder.
pub const LOG_FILE: &str = "latency.hlog";

/// Writes a log, a line at a time, each flushed.
pub struct HistogramLog {
    file: File,
    serializer: V2DeflateSerializer,
    buffer: Vec<u8>,
}

impl HistogramLog {
    /// Starts a log; times in it count from `start`.
    ///
    /// # Errors
    /// What the file system said.
    pub fn create(folder: &Path, start: Timestamp) -> io::Result<Self> {
        let mut file = File::create(folder.join(LOG_FILE))?;
        let seconds = start.as_millisecond() as f64 / 1e3;
        write!(
            file,
            "#[Histogram log format version 1.3]\n\
             #[shakedown: response times in nanoseconds; maxima in milliseconds]\n\
             #[StartTime: {seconds:.3} (seconds since epoch), {start}]\n\
             \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"
        )?;
        Ok(HistogramLog { file, serializer: V2DeflateSerializer::new(), buffer: Vec::new() })
    }

    /// Appends one interval. Commas and blanks in the tag become underscores, as the format wants.
    ///
    /// # Errors
    /// What the file system said; the lines before stay readable.
    pub fn append(
        &mut self,
        tag: &str,
        start: Duration,
        length: Duration,
        histogram: &Histogram<u64>,
    ) -> io::Result<()> {
        let tag: String = tag
            .chars()
            .map(|c| if c == ',' || c.is_whitespace() || c.is_control() { '_' } else { c })
            .collect();
        self.buffer.clear();
        self.serializer.serialize(histogram, &mut self.buffer).map_err(io::Error::other)?;
        let line = format!(
            "Tag={tag},{:.3},{:.3},{:.3},{}\n",
            start.as_secs_f64(),
            length.as_secs_f64(),
            histogram.max() as f64 / 1e6,
            STANDARD.encode(&self.buffer)
        );
        self.file.write_all(line.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    #[test]
    fn the_librarys_own_reader_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = HistogramLog::create(folder.path(), Timestamp::UNIX_EPOCH).unwrap();
        let mut histogram = crate::engine::histogram();
        histogram.record(2_500_000).unwrap();
        log.append("prod notes,x", Duration::from_secs(3), Duration::from_secs(1), &histogram).unwrap();
        let text = std::fs::read(folder.path().join(LOG_FILE)).unwrap();
        let entries: Vec<_> = IntervalLogIterator::new(&text).collect::<Result<_, _>>().unwrap();
        let interval = entries
            .iter()
            .find_map(|entry| match entry {
                LogEntry::Interval(interval) => Some(interval),
                _ => None,
            })
            .unwrap();
        assert_eq!(interval.tag().map(|tag| tag.as_str()), Some("prod_notes_x"));
        assert_eq!(interval.start_timestamp(), Duration::from_secs(3));
        let bytes = STANDARD.decode(interval.encoded_histogram()).unwrap();
        let read: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
        assert_eq!(read.len(), 1);
        assert!((read.max() as f64 / 2_500_000.0 - 1.0).abs() < 0.001);
    }
}

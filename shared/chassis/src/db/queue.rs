//! What waits for the writer: jobs in their order, and jobs that go first.

use std::collections::VecDeque;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Jobs that share one commit at most; bounds how long a commit takes.
const GROUP: usize = 64;
/// Groups that may end early before one of those that wait has its turn.
const CUTS: usize = 3;

pub(super) struct Queue<J> {
    jobs: mpsc::Receiver<J>,
    first: mpsc::Receiver<J>,
    /// The group to come, or what is left of one that was cut short.
    waiting: VecDeque<J>,
    ahead: VecDeque<J>,
    /// One that goes first is in the group.
    hurried: bool,
    /// Groups in a row that were cut short before any of those that wait had a turn.
    cut: usize,
    closed: bool,
}

impl<J> Queue<J> {
    pub(super) fn new(jobs: mpsc::Receiver<J>, first: mpsc::Receiver<J>) -> Self {
        Self {
            jobs,
            first,
            waiting: VecDeque::with_capacity(GROUP),
            ahead: VecDeque::new(),
            hurried: false,
            cut: 0,
            closed: false,
        }
    }

    /// Waits for a group; false when there will be none any more. Once `ending`, nothing more is taken, but
    /// what waits already makes groups.
    pub(super) async fn gather(&mut self, ending: &CancellationToken) -> bool {
        self.hurried = false;
        loop {
            while self.waiting.len() < GROUP {
                let Ok(job) = self.jobs.try_recv() else { break };
                self.waiting.push_back(job);
            }
            self.ahead.extend(self.first.try_recv());
            if !self.waiting.is_empty() || !self.ahead.is_empty() {
                return true;
            }
            tokio::select! {
                () = ending.cancelled(), if !self.closed => {
                    self.jobs.close();
                    self.first.close();
                    self.closed = true;
                }
                Some(job) = self.first.recv() => self.ahead.push_back(job),
                Some(job) = self.jobs.recv() => self.waiting.push_back(job),
                else => return false,
            }
        }
    }

    /// The group has one job only.
    pub(super) fn is_alone(&self) -> bool {
        self.waiting.len() + self.ahead.len() == 1 && self.first.is_empty()
    }

    /// The next job of the group. One that goes first is taken as soon as it is there, and the group ends
    /// behind it: the others' time would be its own.
    pub(super) fn next(&mut self) -> Option<J> {
        self.ahead.extend(self.first.try_recv());
        if let Some(job) = self.ahead.pop_front() {
            self.hurried = true;
            return Some(job);
        }
        if self.hurried && self.cut < CUTS {
            self.cut += 1;
            return None;
        }
        // One has its turn even in a hurry, or those that wait might never have it.
        self.cut = 0;
        self.waiting.pop_front()
    }

    /// Lets go what is left of a group that failed.
    pub(super) fn drop_group(&mut self) {
        self.waiting.clear();
        self.ahead.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Ends = (mpsc::Sender<u32>, mpsc::Sender<u32>, Queue<u32>);

    fn queue(jobs: &[u32]) -> Ends {
        let ((job, jobs_queue), (first, first_queue)) = (mpsc::channel(99), mpsc::channel(99));
        for number in jobs {
            job.try_send(*number).unwrap();
        }
        (job, first, Queue::new(jobs_queue, first_queue))
    }

    async fn group(queue: &mut Queue<u32>) -> Vec<u32> {
        assert!(queue.gather(&CancellationToken::new()).await);
        std::iter::from_fn(|| queue.next()).collect()
    }

    #[tokio::test]
    async fn a_job_that_goes_first_ends_the_group_and_the_rest_is_the_next_one() {
        let (_job, first, mut queue) = queue(&[1, 2, 3]);
        assert!(queue.gather(&CancellationToken::new()).await);
        assert_eq!(queue.next(), Some(1));
        first.try_send(100).unwrap();
        assert_eq!((queue.next(), queue.next()), (Some(100), None));
        assert_eq!(group(&mut queue).await, [2, 3]);
    }

    #[tokio::test]
    async fn jobs_that_go_first_all_the_time_do_not_starve_the_rest() {
        let (_job, first, mut queue) = queue(&[1, 2]);
        let mut groups = Vec::new();
        for hurried in 100..108 {
            first.try_send(hurried).unwrap();
            groups.push(group(&mut queue).await);
        }
        let alone = |hurried: u32| vec![hurried];
        let expected = [
            alone(100),
            alone(101),
            alone(102),
            vec![103, 1],
            alone(104),
            alone(105),
            vec![106, 2],
            alone(107),
        ];
        assert_eq!(groups, expected);
    }

    #[tokio::test]
    async fn what_waits_at_the_end_is_still_given_out() {
        let (job, first, mut queue) = queue(&[1]);
        first.try_send(100).unwrap();
        let ending = CancellationToken::new();
        ending.cancel();
        assert!(queue.gather(&ending).await);
        assert_eq!(queue.next(), Some(100));
        assert!(queue.gather(&ending).await);
        assert_eq!(queue.next(), Some(1));
        assert!(!queue.gather(&ending).await);
        assert!(job.is_closed() && first.is_closed());
    }
}
